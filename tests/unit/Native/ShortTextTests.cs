using System.Globalization;
using System.Text;
using PostfixNet.Native;

namespace PostfixNet.UnitTests;

public sealed class ShortTextTests
{
    [Theory]
    [InlineData("", 'a', -1, -1)]
    [InlineData("a", 'a', 0, 0)]
    [InlineData("banana", 'a', 1, 5)]
    [InlineData("banana", 'x', -1, -1)]
    [InlineData("bän", 'n', 2, 2)]
    public void FindsCharacters(string text, char wanted, int first, int last)
    {
        Assert.Equal(first, ShortText.IndexOf(text, wanted));
        Assert.Equal(last, ShortText.LastIndexOf(text, wanted));
        Assert.Equal(first >= 0, ShortText.Contains(text, wanted));
        Assert.Equal(last, ShortText.IndexOf(text, wanted, Math.Max(last, 0)));
    }

    [Theory]
    [InlineData("", 'a', -1)]
    [InlineData("a", 'a', 0)]
    [InlineData("xxa", 'a', 2)]
    [InlineData("xxy", 'a', -1)]
    public void FindsBytes(string text, char wanted, int expected) =>
        Assert.Equal(expected, ShortText.IndexOf(Encoding.ASCII.GetBytes(text), (byte)wanted));

    [Fact]
    public void DoesNotLookBeyondTheBytesGiven() => Assert.Equal(-1, ShortText.IndexOf("xya"u8[..2], (byte)'a'));

    [Theory]
    [InlineData(new byte[0], "")]
    [InlineData(new byte[] { 0, 1, 0x7F }, "\0\x1\x7F")]
    [InlineData(new byte[] { 0x61, 0x80 }, null)]
    public void DecodesAsciiOnly(byte[] bytes, string? expected) => Assert.Equal(expected, ShortText.FromAscii(bytes));

    [Theory]
    [InlineData("abc", 3, 3)]
    [InlineData("abc", 2, 2)]
    [InlineData("aäc", 3, 1)]
    [InlineData("", 0, 0)]
    public void CopiesAsciiUpToTheFirstOther(string text, int size, int expected)
    {
        byte[] buffer = new byte[size];
        Assert.Equal(expected, ShortText.CopyAscii(text, buffer));
        Assert.Equal(text[..expected], Encoding.ASCII.GetString(buffer, 0, expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("gr\u00fcn \U0001F4E7")]
    public void GivesUtf8(string text) => Assert.Equal(Encoding.UTF8.GetBytes(text), ShortText.ToUtf8(text));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(1234567890)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void WritesAndReadsNumbers(long number)
    {
        string text = number.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(text, ShortText.FromNumber(number));
        Assert.True(ShortText.TryParseNumber(text, out long read));
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData("+5", 5)]
    [InlineData("007", 7)]
    [InlineData("-0", 0)]
    public void ReadsSignsAndZeros(string text, long expected)
    {
        Assert.True(ShortText.TryParseNumber(text, out long read));
        Assert.Equal(expected, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("--1")]
    [InlineData("1 ")]
    [InlineData("1a")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("99999999999999999999999")]
    public void RefusesWhatIsNoNumber(string text) => Assert.False(ShortText.TryParseNumber(text, out _));
}
