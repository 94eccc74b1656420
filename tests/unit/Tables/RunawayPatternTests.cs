using PostfixNet.Native;
using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Tables;

/// <summary>Patterns and keys that would take minutes, or for ever. With nothing else at the same time: a match of the C library goes on behind our back, and
/// others of the process wait for their turn.</summary>
[CollectionDefinition(nameof(RunawayPatternTests), DisableParallelization = true)]
[Collection(nameof(RunawayPatternTests))]
public sealed class RunawayPatternTests
{
    private static PatternTable Read(string type, string rules, Deadline limit) =>
        PatternTable.Read("table:", LogicalLines.Of(System.Text.Encoding.ASCII.GetBytes(rules)), type == "pcre" ? new PcreSyntax() : new RegexpSyntax(), true, [], () => limit);

    [Theory]
    [InlineData("pcre", "/(a+)+$/ x", 200)]
    [InlineData("pcre", "/^(a|aa)+$/ x", 200)]
    [InlineData("pcre", "/(.*)(.*)(.*)(.*)(.*)(.*)z/ x", 100_000)]
    [InlineData("pcre", "/[^z]*+[yz]/ x", 100_000)]
    public void A_match_that_takes_too_long_is_given_up(string type, string rule, int length) => GivesUp(type, rule, length);

    [Fact]
    public void Harmless_patterns_decide_on_long_keys_until_one_of_the_C_library_runs_away()
    {
        Assert.Null(Read("regexp", "/^subject: .*viagra/ x\n/^(.*),(.*)$/ x$1\n/(foo|bar)baz$/ y", Deadline.Never).Find("Subject: " + new string('f', 100_000)));
        GivesUp("regexp", "/(a+)+$/ x", 30_000);
    }

    [Fact]
    public void Rules_that_take_long_together_are_given_up() => Assert.Equal("table:2: the rules before this one took too long",
        Assert.Throws<LookupException>(() => Read("pcre", "/a/ x\n/b/ y", Deadline.Now).Find("b")).Message);

    private static void GivesUp(string type, string rule, int length)
    {
        string message = Assert.Throws<LookupException>(() => Read(type, rule, Deadline.Never).Find(new string('a', length) + "b")).Message;
        Assert.StartsWith("table:1: the match takes too long", message, StringComparison.Ordinal);
    }
}
