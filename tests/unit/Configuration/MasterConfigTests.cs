using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

public sealed class MasterConfigTests
{
    private static MasterConfig Master(string toml, string main = "") => MasterConfig.FromText(toml, MainConfig.FromText(main));

    [Fact]
    public void Services_in_order_with_their_defaults()
    {
        MasterConfig config = Master("""
            [service.pickup]
            type = "unix"
            private = false
            wakeup = "60s"
            process_limit = 1
            command = "pickup"
            [service.trace]
            command = "bounce"
            args = ["-v", "x y"]
            wakeup = "1000?"
            [service.quick]
            command = "in"
            wakeup = 5
            """, "default_process_limit = 9");
        Assert.Equal(3, config.Services.Count);
        ServiceEntry pickup = config.Services[0], trace = config.Services[1], quick = config.Services[2];
        Assert.Equal(("pickup", false, 60.0, false, 1, "pickup"),
            (pickup.Name, pickup.IsPrivate, pickup.Wakeup.TotalSeconds, pickup.WakeupOnlyIfUsed, pickup.ProcessLimit, pickup.Command));
        Assert.Equal((true, 1000.0, true, 9, "bounce"),
            (trace.IsPrivate, trace.Wakeup.TotalSeconds, trace.WakeupOnlyIfUsed, trace.ProcessLimit, trace.Command));
        Assert.Equal(["-v", "x y"], trace.Arguments);
        Assert.Equal(5.0, quick.Wakeup.TotalSeconds);
        Assert.Empty(pickup.Arguments);
    }

    [Theory]
    [InlineData("['127.0.0.1:25', '[::1]:submission']", "", "127.0.0.1:25 [::1]:587")]
    [InlineData("'localhost:2525'", "", "127.0.0.1:2525 [::1]:2525")]
    [InlineData("['127.0.0.1:25', '[::1]:25']", "inet_protocols = 'ipv4'", "127.0.0.1:25")]
    [InlineData("25", "", "0.0.0.0:25 [::]:25")]
    [InlineData("['*:465']", "inet_interfaces = ['192.0.2.1']", "192.0.2.1:465")]
    [InlineData("['smtps', '127.0.0.1:465']", "inet_interfaces = 'loopback-only'", "127.0.0.1:465 [::1]:465")]
    public void A_service_of_the_network_listens(string listen, string main, string where) => Assert.Equal(where,
        string.Join(' ', Assert.Single(Master($"[service.a]\ntype = 'inet'\ncommand = 'a'\nlisten = {listen}", main).Services).Listen));

    [Theory]
    [InlineData("inet", "a c")]
    [InlineData("b.inet", "a c")]
    [InlineData("inet, unix", "")]
    [InlineData("b.inet, a.unix", "c")]
    [InlineData("b.inet, b.unix", "a c")]
    public void Services_can_be_disabled(string disabled, string left) => Assert.Equal(left, string.Join(' ',
        Master("[service.a]\ncommand = 'a'\n[service.b]\ntype = 'inet'\ncommand = 'b'\nlisten = ['x:1']\n[service.c]\ncommand = 'c'", $"master_service_disable = '{disabled}'").Services.Select(s => s.Name)));

    [Theory]
    [InlineData("[servce.a]", "master.toml:1:2: \"servce\" is not accepted; give [service.NAME] tables only")]
    [InlineData("service = 1", "master.toml:1:1: \"service\" is not accepted; give [service.NAME] tables only")]
    [InlineData("[service]\na = 1", "master.toml:2:1: service \"a\" is an integer; give a table [service.a]")]
    [InlineData("[service.'a/b']\ntype = 'unix'", "master.toml:1:10: service name \"a/b\" is not accepted; give letters, digits, \"_\", \"-\" and \".\", not beginning with \".\"")]
    [InlineData("[service.a]", "master.toml:1:10: service \"a\" has no command; give command = \"PROGRAM\"")]
    [InlineData("[service.a]\ntype = 'tcp'", "master.toml:2:8: type: \"tcp\" is not accepted; give \"unix\" or \"inet\"")]
    [InlineData("[service.a]\ntype = 'inet'\ncommand = 'a'\nlisten = ['x:1']", "master.toml:4:11: listen: \"x:1\" is not accepted; give a list of \"address:port\", \"[IPv6 address]:port\" or \"port\", such as [\"127.0.0.1:25\", \"[::1]:25\"]")]
    [InlineData("[service.a]\ntype = 'inet'\ncommand = 'a'", "master.toml:1:10: service \"a\" listens nowhere; give listen = [\"127.0.0.1:25\"]")]
    [InlineData("[service.a]\nlisten = ['25']\ncommand = 'a'", "master.toml:2:1: listen is for type = \"inet\" only")]
    [InlineData("[service.a]\ntype = 'inet'\ncommand = 'a'\nlisten = [true]", "master.toml:4:11: listen: a boolean is not accepted here; give a list of \"address:port\", \"[IPv6 address]:port\" or \"port\", such as [\"127.0.0.1:25\", \"[::1]:25\"]")]
    [InlineData("[service.a]\ntype = 'unix'\nprivate = 'y'", "master.toml:3:11: private: \"y\" is not accepted; give true or false")]
    [InlineData("[service.a]\ntype = 'unix'\nwakeup = 'often'", "master.toml:3:10: wakeup: \"often\" is not accepted; give seconds or a time such as \"60s\", \"5m\"; \"?\" at its end: only if used; 0: never")]
    [InlineData("[service.a]\ntype = 'unix'\nwakeup = -1", "master.toml:3:10: wakeup: -1 is not accepted; give seconds or a time such as \"60s\", \"5m\"; \"?\" at its end: only if used; 0: never")]
    [InlineData("[service.a]\ntype = 'unix'\nprocess_limit = -1", "master.toml:3:17: process_limit: -1 is not accepted; give a whole number, 0 for no limit")]
    [InlineData("[service.a]\ntype = 'unix'\ncommand = '../sh'", "master.toml:3:11: command: \"../sh\" is not accepted; give the name of a program in daemon_directory, without \"/\"")]
    [InlineData("[service.a]\ntype = 'unix'\nargs = '-v'", "master.toml:3:8: args: \"-v\" is not accepted; give a list of text such as [\"-v\"]")]
    [InlineData("[service.a]\ntype = 'unix'\nargs = [1]", "master.toml:3:9: args: an integer is not accepted here; give a list of text such as [\"-v\"]")]
    [InlineData("[service.a]\ncommand = 'a'\nwhen = 'myhostname'", "master.toml:3:8: when: \"myhostname\" is not accepted; give the name of a yes/no parameter of main.toml, such as \"history_enable\"")]
    [InlineData("[service.a]\nchroot = true", "master.toml:2:1: \"chroot\" of service \"a\" is not accepted; accepted are type, listen, private, wakeup, process_limit, command, args, environment, when")]
    [InlineData("[service.a]\n[service.a]", "master.toml:2:10: \"a\" is already defined in line 1")]
    public void What_is_wrong_is_named_with_its_place(string toml, string message) =>
        Assert.Equal(message, Assert.Throws<ConfigurationException>(() => Master(toml)).Message);

    [Fact]
    public void A_missing_file_is_an_error() => Assert.Equal("/nonexistent/master.toml: cannot be read: No such file or directory",
        Assert.Throws<ConfigurationException>(() => MasterConfig.Load("/nonexistent", MainConfig.FromText(""))).Message);

    [Theory]
    [InlineData("environment = ['OPENSSL_CONF=/x', 'A=']", "OPENSSL_CONF=/x A=")]
    [InlineData("", "")]
    public void A_service_may_have_variables_of_its_own(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', Master($"[service.old]\ncommand = 'smtp'\n{line}").Services.Single().Environment));

    [Theory]
    [InlineData("'A=b'")]
    [InlineData("['A']")]
    [InlineData("['=b']")]
    [InlineData("['A B=c']")]
    public void Only_pairs_are_variables(string value) =>
        Assert.Contains("give a list of \"NAME=value\"", Assert.Throws<ConfigurationException>(() => Master($"[service.old]\ncommand = 'smtp'\nenvironment = {value}")).Message, StringComparison.Ordinal);
}
