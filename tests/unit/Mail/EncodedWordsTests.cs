using System.Text;
using MimeKit.Utils;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public sealed class EncodedWordsTests
{
    [Theory] // MimeKit, which shares no code with us, reads what we write
    [InlineData("J\u00f6rg")]
    [InlineData("J\u00f6rg \"M\" M\u00fcller, (x) <y@z> = _ ?")]
    [InlineData("\u5c71\u7530\u592a\u90ce \u5c71\u7530\u592a\u90ce \u5c71\u7530\u592a\u90ce \u5c71\u7530\u592a\u90ce \u5c71\u7530\u592a\u90ce")]
    [InlineData("\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600")]
    public void Are_read_as_they_were_meant(string text)
    {
        string words = EncodedWords.Of(text, firstLineUsed: 13);
        Assert.Equal(text, Rfc2047.DecodePhrase(Encoding.ASCII.GetBytes(words)));
        string[] lines = words.Split('\n');
        Assert.True(lines[0].Length <= EncodedWords.LongestLine - 13);
        Assert.All(lines, line => Assert.True(line.Length <= EncodedWords.LongestLine));
        Assert.All(lines[1..], line => Assert.StartsWith(" =?utf-8?q?", line, StringComparison.Ordinal));
    }

    [Fact] // RFC 1428
    public void Say_when_nobody_knows_the_character_set() => Assert.Equal("=?unknown-8bit?q?J=F6?=", EncodedWords.Of(ByteText.Decode([0x4A, 0xF6]), 0));
}
