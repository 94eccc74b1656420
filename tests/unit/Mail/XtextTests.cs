using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public class XtextTests
{
    [Theory]
    [InlineData("alice@q.test", "alice@q.test")]
    [InlineData("a+b=c d", "a+2Bb+3Dc+20d")]
    [InlineData("\u00f6", "+C3+B6")]
    [InlineData("\uf7e4\n", "+E4+0A")]
    [InlineData("", "")]
    public void Xtext_round_trips(string plain, string encoded)
    {
        Assert.Equal(encoded, Xtext.Encode(Bytes.Text(plain)));
        Assert.Equal(Bytes.Text(plain), Xtext.Decode(encoded));
    }

    [Theory]
    [InlineData("+")]
    [InlineData("a+2")]
    [InlineData("+2g")]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("\u00f6")]
    public void Xtext_refuses(string bad) => Assert.Null(Xtext.Decode(bad));

    [Fact]
    public void Xtext_takes_small_digits() => Assert.Equal("a+b", Xtext.Decode("a+2bb"));

    [Theory]
    [InlineData("j\u00f6rg@q.test", "j\\x{F6}rg@q.test", "j\u00f6rg@q.test")]
    [InlineData("a+b\\c=d", "a\\x{2B}b\\x{5C}c\\x{3D}d", "a\\x{2B}b\\x{5C}c\\x{3D}d")]
    [InlineData("\U0001F600", "\\x{1F600}", "\U0001F600")]
    [InlineData("a\tb", "a\\x{09}b", "a\\x{09}b")]
    public void Utf8_addresses_round_trip(string plain, string xtext, string unitext)
    {
        Assert.Equal(xtext, Xtext.EncodeUtf8Address(plain));
        Assert.Equal(unitext, Xtext.EncodeUnitext(plain));
        Assert.Equal(plain, Xtext.DecodeUtf8Address(xtext));
        Assert.Equal(plain, Xtext.DecodeUtf8Address(unitext));
    }

    [Theory]
    [InlineData("\\")]
    [InlineData("\\x")]
    [InlineData("\\x{")]
    [InlineData("\\x{}")]
    [InlineData("\\x{D800}")]
    [InlineData("\\x{110000}")]
    [InlineData("\\x{0000000041}")]
    [InlineData("\\y{41}")]
    [InlineData("a+b")]
    [InlineData("a=b")]
    [InlineData("a b")]
    public void Utf8_addresses_refuse(string bad) => Assert.Null(Xtext.DecodeUtf8Address(bad));

    [Fact]
    public void Bytes_that_are_no_utf8_have_no_utf8_form() => Assert.Null(Xtext.EncodeUtf8Address("\udce4@q.test"));
}
