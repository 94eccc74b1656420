using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Which transport and next hop an address gets.</summary>
public sealed class RoutingTests
{
    private const string Maps = """
        relayhost = "[relay.test]:2525"
        [transport_maps]
        "boss@vip.test" = "slow:[vip-host]"
        "vip.test" = "smtp:[10.0.0.1]:26"
        ".below.test" = "relay:"
        "below.test" = ":other.test"
        "gone.test" = "error:5.1.2 no such domain Here"
        """;

    [Theory]
    [InlineData("a@plain.test", "smtp", "[relay.test]:2525")]
    [InlineData("boss@vip.test", "slow", "[vip-host]")]
    [InlineData("BOSS@VIP.TEST", "slow", "[vip-host]")]
    [InlineData("clerk@vip.test", "smtp", "[10.0.0.1]:26")]
    [InlineData("a@deep.inside.below.test", "relay", "[relay.test]:2525")]
    [InlineData("a@below.test", "smtp", "other.test")]
    [InlineData("a@gone.test", "error", "5.1.2 no such domain Here")]
    [InlineData("\"odd@local\"@vip.test", "smtp", "[10.0.0.1]:26")]
    public void Most_specific_entry_wins(string address, string transport, string nextHop) =>
        Assert.Equal(new Route(transport, nextHop), new Routing(MainConfig.FromText(Maps)).Of(address));

    [Fact]
    public void Without_tables_mail_goes_to_the_domain_itself_in_lower_case() =>
        Assert.Equal(new Route("smtp", "example.com"), new Routing(MainConfig.FromText("myhostname = \"h.test\"")).Of("A@Example.COM"));
}
