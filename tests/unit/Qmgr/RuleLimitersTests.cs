using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Which destinations share limits.</summary>
public sealed class RuleLimitersTests
{
    private const string Tables = """
        [destination.".site.test"]
        concurrency = 3
        rate = "10/1m"
        [destination."only.tls.test"]
        tls = "encrypt"
        [destination."*"]
        delay = "1s"
        """;

    private static DestinationRule Rule(string name, string toml = Tables) => MainConfig.FromText(toml).Destinations.Named(name)!;

    [Fact]
    public void All_that_a_table_is_for_shares_one_limiter()
    {
        RuleLimiters limiters = new();
        DestinationRule rule = Rule(".site.test");
        Limiter first = limiters.For(rule, TimeSpan.Zero, null)!;
        Assert.Same(first, limiters.For(rule, TimeSpan.Zero, null));
        Assert.Equal((3, TimeSpan.FromSeconds(1), false), (first.Concurrency, first.RateDelay, first.IsOfOne));
        Assert.NotNull(first.Rate);
    }

    [Fact]
    public void With_the_general_table_each_destination_has_its_own()
    {
        RuleLimiters limiters = new();
        DestinationRule rule = Rule("*");
        Limiter first = limiters.For(rule, TimeSpan.Zero, null)!;
        Assert.NotSame(first, limiters.For(rule, TimeSpan.Zero, null));
        Assert.True(first.IsOfOne);
    }

    [Fact]
    public void Where_nothing_is_limited_there_is_no_limiter()
    {
        RuleLimiters limiters = new();
        Assert.Null(limiters.For(null, TimeSpan.Zero, null));
        Assert.Null(limiters.For(Rule("only.tls.test", "[destination.\"only.tls.test\"]\ntls = \"encrypt\""), TimeSpan.Zero, null));
        Assert.True(limiters.For(null, TimeSpan.FromSeconds(2), null)!.IsOfOne);
    }

    [Fact]
    public void A_reload_does_not_begin_the_count_of_an_unchanged_rate_anew()
    {
        RuleLimiters limiters = new();
        Limiter before = limiters.For(Rule(".site.test"), TimeSpan.Zero, null)!;
        Limiter same = limiters.For(Rule(".site.test"), TimeSpan.Zero, null)!;
        Assert.NotSame(before, same);
        Assert.Same(before.Rate, same.Rate);
        Limiter other = limiters.For(Rule(".site.test", Tables.Replace("10/1m", "11/1m", StringComparison.Ordinal)), TimeSpan.Zero, null)!;
        Assert.NotSame(before.Rate, other.Rate);
    }
}
