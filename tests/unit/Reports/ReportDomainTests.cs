using PostfixNet.Configuration;
using PostfixNet.ReturnPaths;

namespace PostfixNet.UnitTests.Reports;

/// <summary>report_domain is a domain without other mail: all other mail for it is refused.</summary>
public sealed class ReportDomainTests
{
    [Theory]
    [InlineData("mydomain = 'a.test'", "mydomain")]
    [InlineData("myorigin = 'A.test'", "myorigin")]
    [InlineData("mydestination = 'a.test, b.test'", "in mydestination")]
    [InlineData("report_senders = 'b.test a.test'", "in report_senders")]
    [InlineData("report_senders = 'shop@a.test'", "in report_senders")]
    public void One_with_other_mail_is_refused(string setting, string where)
    {
        MainConfig config = MainConfig.FromText($"myhostname = 'mta.b.test'\nreport_domain = 'a.test'\n{setting}\n");
        Assert.Contains($"is {where}, and has other mail", Assert.Throws<ConfigurationException>(() => new ReturnPathSettings(config)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@@")]
    [InlineData("@a.test")]
    [InlineData(".")]
    [InlineData("shop@")]
    public void A_sender_that_nobody_has_is_refused(string sender)
    {
        MainConfig config = MainConfig.FromText($"report_domain = 'bounces.a.test'\nreport_senders = 'b.test {sender}'\n");
        Assert.Contains($"has \"{sender}\"; give addresses, domains", Assert.Throws<ConfigurationException>(() => new ReturnPathSettings(config)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report_domain = 'bounces.a.test'")]
    [InlineData("")]
    public void One_of_its_own_is_taken(string setting) =>
        Assert.Equal(setting.Length > 0, new ReturnPathSettings(MainConfig.FromText($"myhostname = 'mta.a.test'\nmydomain = 'a.test'\nreport_senders = '*'\n{setting}\n")).Domain.Length > 0);
}
