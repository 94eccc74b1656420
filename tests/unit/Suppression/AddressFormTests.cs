using PostfixNet.Suppression;

namespace PostfixNet.UnitTests.Suppressions;

/// <summary>Which addresses are the same one. S3-46.</summary>
public sealed class AddressFormTests
{
    [Theory] // address, form
    [InlineData("bob@q.test", "bob@q.test")]
    [InlineData("Bob@Q.TEST", "bob@q.test")]
    [InlineData("b.o.b@q.test", "bob@q.test")]
    [InlineData("bob+news@q.test", "bob@q.test")]
    [InlineData("bob-news@q.test", "bob@q.test")]
    [InlineData("b.ob-a+b@q.test.", "bob@q.test")]
    [InlineData("b.ob+a-b@q.test", "bob@q.test")]
    [InlineData("+bob@q.test", "+bob@q.test")] // nothing stands before it
    [InlineData("...@q.test", "...@q.test")]
    [InlineData("a b@q.test", "a b@q.test")]
    [InlineData("bob@B\u00fcCHER.test", "bob@xn--bcher-kva.test")]
    [InlineData("\u00c4B@q.test", "\u00c4b@q.test")] // only letters of ASCII are the same in capitals
    public void Forms(string address, string form) => Assert.Equal(form, new AddressForm(["plus", "minus", "dots"]).Of(address));

    [Theory]
    [InlineData("", "jane-b.doe+x@q.test")]
    [InlineData("plus", "jane-b.doe@q.test")]
    [InlineData("minus", "jane@q.test")]
    [InlineData("dots", "jane-bdoe+x@q.test")]
    [InlineData("plus dots", "jane-bdoe@q.test")]
    public void Each_part_can_be_left_out(string words, string form) =>
        Assert.Equal(form, new AddressForm(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Of("Jane-B.Doe+x@q.test"));
}
