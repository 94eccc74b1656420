using System.Net;
using System.Net.Sockets;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What main.toml says of one destination, and what qmgr learns of it.</summary>
public sealed class DeliveryRuleTests
{
    private static readonly DeliveryRule s_nothing = new("mx.test");

    [Fact]
    public async Task The_connection_comes_from_the_address_of_the_rule()
    {
        using TcpListener server = new(IPAddress.Parse("127.0.0.1"), 0);
        server.Start();
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = ((IPEndPoint)server.LocalEndpoint).Port, HeloTimeout = TimeSpan.FromSeconds(20) };
        rig.Resolver.A("mx.test", "127.0.0.1");
        Task<IPAddress> caller = Task.Run(() =>
        {
            using Socket client = server.AcceptSocket();
            return ((IPEndPoint)client.RemoteEndPoint!).Address;
        });
        rig.Deliver(SmtpRig.Request("[mx.test]", "u@mx.test") with { Rule = s_nothing with { SourceIPv4 = IPAddress.Parse("127.0.0.77") } });
        Assert.Equal(IPAddress.Parse("127.0.0.77"), await caller);
    }

    [Fact]
    public void A_session_serves_only_mail_under_the_same_rule()
    {
        using ScriptedServer server = new("127.0.0.1", 0);
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.1");
        DeliveryRequest request = SmtpRig.Request("[mx.test]", "u@mx.test") with { MoreWaits = true, Rule = s_nothing };
        rig.Deliver(request);
        rig.Deliver(request with { Rule = s_nothing with { } });
        Assert.Contains("conn_use=2", string.Join('\n', rig.Lines), StringComparison.Ordinal);
        rig.Lines.Clear();
        rig.Deliver(request with { Rule = s_nothing with { Login = "other" } });
        rig.Deliver(request with { Rule = null });
        Assert.DoesNotContain("conn_use", string.Join('\n', rig.Lines), StringComparison.Ordinal);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(3, server.Connections);
    }

    [Theory]
    [InlineData("newsletter", "AUTH PLAIN AG5ld3MAcHc=", "sent")]
    [InlineData("missing", null, "deferred")]
    [InlineData(null, "AUTH PLAIN AHVzdWFsAHB3", "sent")]
    public void The_login_is_the_one_of_the_rule(string? login, string? command, string status)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = new("127.0.0.1", 0, """{"ext": ["AUTH PLAIN"], "auth": ["235 2.7.0 ok"]}""");
        rig.Options = rig.Options with { TcpPort = server.Port, Login = LoginSettings.Read(MainConfig.FromText("""
            smtp_sasl_auth_enable = true
            smtp_sasl_security_options = "noanonymous"
            [smtp_sasl_password_maps]
            "mx.test" = "usual:pw"
            "newsletter" = "news:pw"
            """), "smtp") };
        rig.Resolver.A("mx.test", "127.0.0.1");
        rig.Deliver(SmtpRig.Request("[mx.test]", "u@mx.test") with { Rule = s_nothing with { Login = login } });
        server.Dispose();
        Assert.Equal(status, rig.Results[0][3]);
        Assert.Equal(command, server.Commands.Find(c => c.StartsWith("AUTH", StringComparison.Ordinal)));
    }

    [Theory] // the relay has a login of its own; TLS that the mail needs it needs there, too
    [InlineData("none", "AUTH PLAIN AHVzdWFsAHB3", "2.0.0")]
    [InlineData("encrypt", null, "4.7.4")]
    public void A_fallback_relay_is_not_shown_the_login_of_the_rule(string tls, string? command, string status)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = new("127.0.0.33", 0, """{"ext": ["AUTH PLAIN"], "auth": ["235 2.7.0 ok"]}""");
        rig.Options = rig.Options with { TcpPort = server.Port, FallbackRelay = ["[127.0.0.33]"], Tls = new TlsPolicies(TlsRig.Usual), Login = LoginSettings.Read(MainConfig.FromText("""
            smtp_sasl_auth_enable = true
            smtp_sasl_security_options = "noanonymous"
            [smtp_sasl_password_maps]
            "[127.0.0.33]" = "usual:pw"
            "newsletter" = "news:pw"
            """), "smtp") };
        rig.Deliver(SmtpRig.Request("[127.0.0.99]", "u@mx.test") with { Rule = s_nothing with { Login = "newsletter", Tls = tls } });
        server.Dispose();
        Assert.Equal(status, rig.Results.Single()[2]);
        Assert.Equal(command, server.Commands.Find(c => c.StartsWith("AUTH", StringComparison.Ordinal)));
    }

    [Theory] // it would be refused, or be taken for somebody else's
    [InlineData("""{"ext": ["SIZE"]}""")]
    [InlineData(null)]
    public void Mail_does_not_go_without_the_login_of_its_rule(string? server)
    {
        using SmtpRig rig = new();
        using ScriptedServer scripted = new("127.0.0.1", 0, server ?? "{}");
        rig.Options = rig.Options with { TcpPort = scripted.Port, Login = server is null ? null : LoginSettings.Read(MainConfig.FromText("""
            smtp_sasl_auth_enable = true
            [smtp_sasl_password_maps]
            "newsletter" = "news:pw"
            """), "smtp") };
        rig.Resolver.A("mx.test", "127.0.0.1");
        rig.Deliver(SmtpRig.Request("[mx.test]", "u@mx.test") with { Rule = s_nothing with { Login = "newsletter" } });
        Assert.Equal("deferred", rig.Results[0][3]);
        Assert.Empty(scripted.Messages);
    }

    [Fact]
    public void The_queue_manager_learns_the_best_exchanger_of_a_domain()
    {
        using ScriptedServer server = new("127.0.0.1", 0);
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.Mx("customer.test", (20, "backup.site.test"), (10, "other.site.test"), (10, "first.site.test"));
        rig.Resolver.A("first.site.test", "127.0.0.1");
        rig.Resolver.A("other.site.test", "127.0.0.1");
        rig.Resolver.A("backup.site.test", "127.0.0.1");
        // The order of equals is random; which one is told is not.
        for (int i = 0; i < 8; i++)
            Assert.Equal("first.site.test", rig.Deliver(SmtpRig.Request("customer.test", "u@customer.test")).Exchanger);
        Assert.Null(rig.Deliver(SmtpRig.Request("[first.site.test]", "u@customer.test")).Exchanger);
        rig.CloseSession();
    }

    [Fact]
    public void Request_and_report_keep_it_on_the_way()
    {
        DeliveryRule rule = new("*", "encrypt", IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1"), "key");
        Assert.Equal(rule, DeliveryRequest.From((SmtpRig.Request("a.test", "u@a.test") with { Rule = rule }).ToAttributes()).Rule);
        Assert.Null(DeliveryRequest.From(SmtpRig.Request("a.test", "u@a.test").ToAttributes()).Rule);
        DeliveryReport report = new(false, false, null, false, false) { Exchanger = "mx.a.test" };
        Assert.Equal("mx.a.test", DeliveryReport.From(report.ToAttributes()).Exchanger);
        Assert.Null(DeliveryReport.From((report with { Exchanger = null }).ToAttributes()).Exchanger);
    }
}
