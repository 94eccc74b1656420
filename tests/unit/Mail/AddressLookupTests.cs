using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public sealed class AddressLookupTests
{
    [Theory] // keys of the table; address; key that is found, and the extension it leaves out
    [InlineData("u+x@our.test u@our.test u+x u @our.test", "u+x@our.test", "u+x@our.test ")]
    [InlineData("u@our.test u+x u @our.test", "u+x@our.test", "u@our.test +x")]
    [InlineData("u+x u @our.test", "u+x@Our.Test", "u+x ")]
    [InlineData("u @our.test", "u+x@our.test", "u +x")]
    [InlineData("@our.test", "u+x@our.test", "@our.test ")] // nothing of the user was left out
    [InlineData("u u+x @other.test", "u+x@other.test", "@other.test ")] // no user of ours
    [InlineData("u+x u", "u+x", "u+x ")]
    [InlineData("u", "u=x+y", "u =x+y")] // the first of several delimiters
    [InlineData("u", "u+", "u +")]
    [InlineData("@our.test", "+x@our.test", "@our.test ")] // no user without a name
    [InlineData("v", "u@our.test", null)]
    [InlineData("u", "u@our.test@our.test", null)] // the last @ counts
    public void Order_of_keys(string keys, string address, string? found) =>
        Assert.Equal(found, Find(keys, address, "+="));

    [Theory]
    [InlineData("MAILER-DAEMON@our.test")]
    [InlineData("double-bounce@our.test")]
    [InlineData("owner-list@our.test")]
    [InlineData("list-request@our.test")]
    public void Names_that_have_no_extension(string address) =>
        Assert.Null(Find("mailer@our.test MAILER@our.test double@our.test owner@our.test list@our.test", address, "-"));

    [Fact]
    public void Without_delimiters_there_are_no_extensions() => Assert.Null(Find("u@our.test", "u+x@our.test", ""));

    private static string? Find(string keys, string address, string delimiters) =>
        new AddressLookup((key, _) => keys.Split(' ').Contains(key) ? key : null, static domain => domain.Equals("our.test", StringComparison.OrdinalIgnoreCase), delimiters).Find(address) is { } match
            ? $"{match.Value} {match.Extension}" : null;
}
