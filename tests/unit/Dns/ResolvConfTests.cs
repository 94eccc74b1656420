using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Dns;

public class ResolvConfTests
{
    [Theory]
    [InlineData("", "127.0.0.1:53 5s x2")]
    [InlineData("# nameserver 192.0.2.9\n;nameserver 192.0.2.9\n", "127.0.0.1:53 5s x2")]
    [InlineData("nameserver 192.0.2.1\nnameserver\t2001:db8::1 \r\nsearch example.com\n", "192.0.2.1:53 2001:db8::1:53 5s x2")]
    [InlineData("nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4", "1.1.1.1:53 2.2.2.2:53 3.3.3.3:53 5s x2")]
    [InlineData("nameserver nonsense\nnameserver\nbogus x\nnameserver 192.0.2.1", "192.0.2.1:53 5s x2")]
    [InlineData("options timeout:1 attempts:3 rotate ndots:4 edns0", "127.0.0.1:53 1s x3 rotate")]
    [InlineData("options timeout:9999 attempts:9999\noptions timeout:x", "127.0.0.1:53 30s x5")]
    [InlineData("options timeout:0 attempts:0", "127.0.0.1:53 1s x1")]
    public void Reads(string text, string want)
    {
        ResolverOptions options = ResolvConf.Parse(text);
        string servers = string.Join(" ", options.Servers.Select(s => $"{s.Address}:{s.Port}"));
        Assert.Equal(want, $"{servers} {options.Timeout.TotalSeconds}s x{options.Attempts}{(options.Rotate ? " rotate" : "")}");
    }

    [Fact]
    public void A_missing_file_means_the_server_on_this_host() =>
        Assert.Equal("127.0.0.1", Assert.Single(ResolvConf.Load("/nonexistent/resolv.conf").Servers).Address.ToString());

    // B40: smtp and "master check" say so.
    [Theory]
    [InlineData("nameserver nonsense\n", "", true)]
    [InlineData("", "", true)]
    [InlineData(null, "", true)]
    [InlineData("nameserver 192.0.2.1\n", "", false)]
    [InlineData("nameserver 127.0.0.1\n", "", false)]
    [InlineData("", "dns_nameservers = '192.0.2.1'", false)]
    public void Where_no_name_server_is_left_that_is_remarked_on(string? system, string toml, bool isOdd)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Path + "/resolv.conf";
        if (system is not null)
            File.WriteAllText(path, system);
        MainConfig config = MainConfig.FromText(toml);
        _ = AgentSettings.NameServers(config, path);
        Assert.Equal(isOdd, config.Remarks.Any(remark => remark.Contains($"{path} names no usable name server: 127.0.0.1 is asked", StringComparison.Ordinal)));
    }

    [Fact]
    public void Configured_servers()
    {
        ResolverOptions options = ResolverOptions.FromNameServers(["127.0.0.1:5353", "[::1]:53"]);
        Assert.Equal(["127.0.0.1 5353", "::1 53"], options.Servers.Select(s => $"{s.Address} {s.Port}"));
        Assert.Equal(ResolvConf.Load().Servers, ResolverOptions.FromNameServers([]).Servers);
        FormatException error = Assert.Throws<FormatException>(() => ResolverOptions.FromNameServers(["127.0.0.1", "ns.example"]));
        Assert.Contains("\"ns.example\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1 53")]
    [InlineData("127.0.0.1:5353", "127.0.0.1 5353")]
    [InlineData("::1", "::1 53")]
    [InlineData("[::1]", "::1 53")]
    [InlineData("[::1]:65535", "::1 65535")]
    [InlineData("", null)]
    [InlineData("localhost", null)]
    [InlineData("localhost:53", null)]
    [InlineData("127.1", null)]
    [InlineData("2130706433", null)]
    [InlineData("127.0.0.1:", null)]
    [InlineData("127.0.0.1:0", null)]
    [InlineData("127.0.0.1:65536", null)]
    [InlineData("127.0.0.1:-1", null)]
    [InlineData("127.0.0.1:5x", null)]
    [InlineData("[127.0.0.1]:53", null)]
    [InlineData("[::1", null)]
    [InlineData("[::1]53", null)]
    [InlineData("[::1]:", null)]
    public void Server_addresses(string text, string? want)
    {
        bool ok = ResolverOptions.TryParseServer(text, out IPEndPoint? server);
        Assert.Equal(want, ok ? $"{server!.Address} {server.Port}" : null);
    }
}
