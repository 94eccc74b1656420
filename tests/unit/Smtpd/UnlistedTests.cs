namespace PostfixNet.UnitTests.Smtpd;

/// <summary>Names of this host without local_recipient_maps: who has no alias, and whose mail nothing leads on, does not exist. What Postfix does with given
/// tables stands in access-cases.txt.</summary>
public sealed class UnlistedTests
{
    private const string Host = "mydestination = 'd.test'\ninet_interfaces = '127.0.0.1'\nrecipient_delimiter = '+'\n", Unknown = "550 5.1.1", Known = "250 2.1.5";

    [Theory] // main.toml; recipient; answer
    [InlineData("", "joe@d.test", Unknown)]
    [InlineData("", "joe@[127.0.0.1]", Unknown)]
    [InlineData("", "postmaster@d.test", Known)]
    [InlineData("", "joe@elsewhere.test", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }", "Joe@d.test", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }", "joe+x@d.test", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }", "joe@[127.0.0.1]", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }", "ann@d.test", Unknown)]
    [InlineData("alias_maps = 'regexp:{ {/^j/ j@x.test} }'", "joe@d.test", Known)] // as cleanup asks: for the name
    [InlineData("alias_maps = { joe = 'j@x.test' }\nlocal_recipient_maps = '$alias_maps'", "ann@d.test", Unknown)]
    [InlineData("alias_maps = { joe = 'j@x.test' }\nlocal_recipient_maps = ['$alias_maps', { ann = 'x' }]", "ann@d.test", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }\nlocal_recipient_maps = ['$alias_maps', { ann = 'x' }]", "joe@d.test", Known)]
    [InlineData("alias_maps = { joe = 'j@x.test' }\nlocal_recipient_maps = '$alias_maps inline:{ann=x}'", "bob@d.test", Unknown)]
    [InlineData("local_recipient_maps = ''", "joe@d.test", Known)]
    [InlineData("luser_relay = 'all@x.test'", "joe@d.test", Known)]
    [InlineData("local_transport = 'lmtp:unix:/run/lmtp'", "joe@d.test", Known)]
    [InlineData("local_transport = 'lmtp:unix:/run/lmtp'\nlocal_recipient_maps = { ann = 'x' }", "joe@d.test", Unknown)]
    [InlineData("transport_maps = { 'd.test' = 'smtp:x.test' }", "joe@d.test", Known)]
    [InlineData("transport_maps = { 'd.test' = ':x.test' }", "joe@d.test", Unknown)] // the transport stays as it is
    [InlineData("transport_maps = { 'ann@d.test' = 'smtp:x.test' }", "joe@d.test", Unknown)]
    [InlineData("virtual_alias_maps = { joe = 'j@x.test' }", "joe@[127.0.0.1]", Known)]
    public void Who_exists(string toml, string recipient, string answer)
    {
        using SmtpdRig rig = new(ChangedParameters.Row.Merge(Host, toml));
        Assert.StartsWith(answer, rig.Talk("EHLO c.test", "MAIL FROM:<a@b.test>", $"RCPT TO:<{recipient}>").Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_does_not_answer_makes_the_client_try_again()
    {
        using SmtpdRig rig = new(Host + "local_recipient_maps = 'tcp:127.0.0.1:1'\n");
        string[] said = rig.Talk("EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<joe@d.test>", "RCPT TO:<joe@x.test>").Split('\n');
        Assert.Equal("451 4.3.0 <joe@d.test>: Temporary lookup failure", said[^2]);
        Assert.Equal("250 2.1.5 Ok", said[^1]);
    }
}
