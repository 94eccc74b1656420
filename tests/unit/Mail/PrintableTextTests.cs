using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Grüße 😀", "Grüße 😀")]
    [InlineData("a\u001b[2Jb\u007f\r\n", "a?[2Jb???")]
    [InlineData("\u0085", "?")]
    public void Controls_and_bytes_that_are_no_UTF_8_are_replaced(string text, string want) => Assert.Equal(want, PrintableText.Of(text));

    [Fact]
    public void Lone_surrogates_are_bytes_that_are_no_UTF_8()
    {
        string text = "a\udcff😀\ud83d";
        Assert.Equal("a?😀?", PrintableText.Of(text));
        Assert.Equal("\"a?😀?\"", JsonText.Quote(text));
    }

    // As Postfix writes strings in postqueue -j.
    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c/<&>'+", "\"a\\\"b\\\\c/<&>'+\"")]
    [InlineData("\b\f\n\r\t\u0001\u007f", "\"\\b\\f\\n\\r\\t\\u0001\\u007F\"")]
    [InlineData("Grüße 😀", "\"Grüße 😀\"")]
    public void Quoted(string text, string want) => Assert.Equal(want, JsonText.Quote(text));
}
