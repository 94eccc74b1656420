using PostfixNet.Configuration;
using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Tables;

/// <summary>socketmap: and tcp: tables, with a server on loopback.</summary>
public sealed class ServerTableTests
{
    [Theory] // what the server says; value, or null, or "!" and what is wrong
    [InlineData("11:OK a b@c.d ,", "a b@c.d ")]
    [InlineData("3:OK ,", "")]
    [InlineData("2:OK,", "")]
    [InlineData("9:NOTFOUND ,", null)]
    [InlineData("8:TEMP sad,", "! lookup error: the server says TEMP: sad")]
    [InlineData("7:TIMEOUT,", "! lookup error: the server says TIMEOUT")]
    [InlineData("8:PERM a\nb,", "! lookup error: the server says PERM: a?b")]
    [InlineData("3:HUH,", "! lookup error: the server's reply is not understood")]
    [InlineData("hello", "! lookup error: the server's reply is no netstring")]
    [InlineData(":,", "! lookup error: the server's reply is no netstring")]
    [InlineData("3:OK x", "! lookup error: the server's reply is no netstring")]
    [InlineData("100001:", "! lookup error: the server's reply has more than 100000 octets")]
    [InlineData("9999999:", "! lookup error: the server's reply is no netstring")]
    [InlineData("2:OK,2:OK,", "! lookup error: more than one reply")]
    [InlineData("", "! lookup error: the server ended the connection")]
    public void Answers_of_a_socketmap_server(string said, string? want)
    {
        using TableServerOfTests server = new(question => question == "9:map a@b.d," && said.Length > 0 ? said : null);
        Check($"socketmap:inet:127.0.0.1:{server.Port}:map", "a@b.d", want);
    }

    [Theory]
    [InlineData("200 a%20b\n", "a b")]
    [InlineData("200 \n", "")]
    [InlineData("500 not here\n", null)]
    [InlineData("400 sad%0a\n", "! lookup error: the server says sad?")]
    [InlineData("20 x\n", "! lookup error: the server's reply is not understood")]
    [InlineData("200 a%2\n", "! lookup error: the server's reply is not understood")]
    [InlineData("", "! lookup error: the server ended the connection")]
    public void Answers_of_a_tcp_server(string said, string? want)
    {
        using TableServerOfTests server = new(question => question == "get a%20%25@b%C3%A9.d\n" && said.Length > 0 ? said : null);
        Check($"tcp:127.0.0.1:{server.Port}", "a %@b\u00e9.d", want);
    }

    [Fact]
    public void A_connection_is_kept_and_one_that_broke_made_anew()
    {
        int asked = 0;
        using TableServerOfTests server = new(_ => ++asked == 3 ? null : "200 x\n");
        Table table = new TableReader(TableLimits.None).Open($"tcp:127.0.0.1:{server.Port}");
        for (int i = 0; i < 4; i++)
            Assert.Equal("x", table.Find("a"));
        Assert.Equal((5, 2), (asked, server.Connections));
    }

    [Fact]
    public void Long_answers_come_whole_and_without_end_they_are_given_up()
    {
        string value = new('v', 90_000);
        using TableServerOfTests server = new(question => question.StartsWith("get ", StringComparison.Ordinal) ? new string('x', 5000) : $"{value.Length + 3}:OK {value},");
        Check($"socketmap:inet:127.0.0.1:{server.Port}:map", "a", value);
        Check($"tcp:127.0.0.1:{server.Port}", "a", "! lookup error: the server's reply has more than 4096 octets");
    }

    [Fact]
    public void Nobody_there() => Assert.Equal("socketmap:unix:/nonexistent/socket:map lookup error: connect to /nonexistent/socket: No such file or directory",
        Assert.Throws<LookupException>(() => new TableReader(TableLimits.None).Open("socketmap:unix:/nonexistent/socket:map").Find("a")).Message);

    [Theory]
    [InlineData("socketmap:unix:/x", "\"socketmap:\" is not understood")]
    [InlineData("socketmap:inet:host:map", "no server is named: give a host and a port number")]
    [InlineData("socketmap:file:/x:map", "\"socketmap:\" is not understood")]
    [InlineData("tcp:host", "no server is named")]
    [InlineData("tcp:host:0", "no server is named")]
    public void What_names_no_server_is_refused(string specification, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<TableException>(() => new TableReader(TableLimits.None).Open(specification)).Message, StringComparison.Ordinal);

    // They are read by processes that cannot wait.
    [Theory]
    [InlineData("transport_maps = 'tcp:127.0.0.1:9'", "main.toml:1:18: transport_maps: \"tcp:\" asks a server, and whoever needs this parameter cannot wait for it; write the entries to a file for \"texthash:/path\"")]
    [InlineData("mynetworks = 'tcp:127.0.0.1:9'", "main.toml:1:14: mynetworks: \"tcp:\" asks a server")]
    [InlineData("virtual_alias_domains = '$virtual_alias_maps'\nvirtual_alias_maps = 'proxy:socketmap:unix:/x:y'", "main.toml:1:25: virtual_alias_domains: not given, which means the keys of virtual_alias_maps; a server is asked for those")]
    public void Where_nobody_can_wait_they_are_refused(string toml, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<ConfigurationException>(() => MainConfig.FromText(toml).Validate()).Message, StringComparison.Ordinal);

    private static void Check(string specification, string key, string? want)
    {
        Table table = new TableReader(TableLimits.None).Open(specification);
        Assert.True(table.Waits && table.IsForWholeKeys);
        if (want is ['!', ..])
            Assert.Equal(specification + want[1..], Assert.Throws<LookupException>(() => table.Find(key)).Message);
        else
            Assert.Equal(want, table.Find(key));
    }
}
