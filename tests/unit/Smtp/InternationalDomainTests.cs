using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Mail that is not ASCII towards servers without SMTPUTF8: only a local part needs it.</summary>
public sealed class InternationalDomainTests
{
    [Theory] // recipient; flags; what RCPT says to a server without SMTPUTF8, null: returned
    [InlineData("u@b\u00fccher.test", true, "u@xn--bcher-kva.test")]
    [InlineData("u@B\u00dcCHER\u3002test.", true, "u@xn--bcher-kva.test")]
    [InlineData("u@stra\u00dfe.test", true, "u@xn--strae-oqa.test")]
    [InlineData("u@a\u200db.test", true, "u@xn--ab-m1t.test")]
    [InlineData("u@b\u00fccher.test", false, "u@xn--bcher-kva.test")]
    [InlineData("\"a b\"@b\u00fccher.test", true, "\"a b\"@xn--bcher-kva.test")]
    [InlineData("\u00fc@b\u00fccher.test", true, null)]
    [InlineData("\u00fc@plain.test", true, null)]
    [InlineData("u@plain.test", true, "u@plain.test")] // headers alone need nothing
    public void Domains_have_A_labels(string recipient, bool asked, string? want)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = new("127.0.0.31", 0, """{"ext": ["8BITMIME"]}""");
        rig.Deliver(SmtpRig.Request($"[127.0.0.31]:{server.Port}", Internal(recipient)) with
        {
            Sender = "s@m\u00fcller.test",
            SmtpUtf8 = asked ? SmtpUtf8.Requested | SmtpUtf8.Header : SmtpUtf8.None,
        });
        server.Dispose();
        Assert.Equal(want is null ? "bounced" : "sent", rig.Results.Single()[3]);
        Assert.Equal(want is null ? "5.6.7" : "2.0.0", rig.Results.Single()[2]);
        Assert.Equal(want is null ? null : "MAIL FROM:<s@xn--mller-kva.test>", server.Commands.Find(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
        Assert.Equal(want is null ? null : $"RCPT TO:<{want}>", server.Commands.Find(c => c.StartsWith("RCPT", StringComparison.Ordinal)));
    }

    [Fact]
    public void Servers_with_SMTPUTF8_get_addresses_as_they_are()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = new("127.0.0.31", 0, """{"ext": ["8BITMIME", "SMTPUTF8"]}""");
        rig.Deliver(SmtpRig.Request($"[127.0.0.31]:{server.Port}", "u@b\u00fccher.test") with { SmtpUtf8 = SmtpUtf8.Requested });
        server.Dispose();
        Assert.Equal(["MAIL FROM:<sf@origin.test> SMTPUTF8", "RCPT TO:<u@b\u00fccher.test>"], server.Commands.Skip(1).Take(2));
    }

    private static string Internal(string address) => address.Replace("\"", "", StringComparison.Ordinal);
}
