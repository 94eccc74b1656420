using PostfixNet.Configuration;
using PostfixNet.Suppression;

namespace PostfixNet.UnitTests.Suppressions;

/// <summary>Which refusals say that an address is of no more use. S3-47.</summary>
public sealed class RefusalCodesTests
{
    [Theory] // status, reply, at once
    [InlineData("5.0.0", "521 no mail here", true)]
    [InlineData("5.0.0", "550 no such user", true)]
    [InlineData("5.0.0", "551 not local", true)]
    [InlineData("5.0.0", "553 bad name", true)]
    [InlineData("5.0.0", "556 no mail for this domain", true)]
    [InlineData("5.1.1", "554 5.1.1 unknown", true)]
    [InlineData("5.1.2", null, true)]
    [InlineData("5.1.3", "501 5.1.3 syntax", true)]
    [InlineData("5.1.6", "554 5.1.6 moved", true)]
    [InlineData("5.2.1", "554 5.2.1 disabled", true)]
    [InlineData("5.7.1", "554 5.7.1 not allowed", true)]
    [InlineData("5.1.10", "550 5.1.10 none", true)]
    [InlineData("5.0.0", "554 transaction failed", false)]
    [InlineData("5.0.0", "552 full", false)]
    [InlineData("5.0.0", "5501 what", false)]
    [InlineData("5.4.4", null, false)]
    // It speaks of the message, the sender or the mailbox's present state.
    [InlineData("5.7.26", "550 5.7.26 unauthenticated", false)]
    [InlineData("5.2.2", "550 5.2.2 full", false)]
    [InlineData("5.6.0", "550 5.6.0 bad", false)]
    [InlineData("5.3.4", "550 5.3.4 too large", false)]
    public void Refusals(string status, string? reply, bool isAtOnce) => Assert.Equal(isAtOnce, Default.IsAtOnce(status, reply));

    private static RefusalCodes Default => new SuppressionSettings(MainConfig.FromText("")).Codes;

    [Theory]
    [InlineData("!5.7, 550", "5.7.1", "550 5.7.1 spam", false)]
    [InlineData("!5.7, 550", "5.1.1", "550 5.1.1 who", true)]
    [InlineData("550, !5.7", "5.7.1", "550 5.7.1 spam", true)]
    [InlineData("5.1", "5.1.8", "553 5.1.8 x", true)]
    [InlineData("5.1", "5.10.8", "553 5.10.8 x", false)]
    [InlineData("", "5.1.1", "550 5.1.1 who", false)]
    public void The_first_that_fits_decides(string codes, string status, string reply, bool isAtOnce) =>
        Assert.Equal(isAtOnce, new SuppressionSettings(MainConfig.FromText($"suppression_codes = '{codes}'")).Codes.IsAtOnce(status, reply));

    [Theory]
    [InlineData("450")]
    [InlineData("5.x")]
    [InlineData("4.1.1")]
    [InlineData("!!550")]
    [InlineData("55")]
    public void Others_are_refused(string code)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => new SuppressionSettings(MainConfig.FromText($"suppression_codes = '{code}'")));
        Assert.Contains("suppression_codes", e.Message, StringComparison.Ordinal);
    }
}
