using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public class ByteTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("61 62", "ab")]
    [InlineData("C3 B6", "\u00f6")]
    [InlineData("F0 9F 98 80", "\U0001F600")]
    [InlineData("E4", "\uf7e4")]
    [InlineData("61 C3 62", "a\uf7c3b")]
    [InlineData("F0 9F 98 80 80", "\U0001F600\uf780")]
    [InlineData("F0 9F 98", "\uf7f0\uf79f\uf798")]
    [InlineData("ED B3 A4", "\uf7ed\uf7b3\uf7a4")] // an encoded surrogate is not valid UTF-8
    [InlineData("C0 80", "\uf7c0\uf780")]
    [InlineData("00 FF", "\0\uf7ff")]
    public void Decodes_and_encodes(string hex, string text)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(Bytes.Text(text), ByteText.Decode(bytes));
        Assert.Equal(bytes, ByteText.Encode(Bytes.Text(text)));
    }

    [Fact]
    public void Restores_any_bytes()
    {
        Random random = new(20261121);
        byte[] alphabet = [0, 0x41, 0x80, 0xBF, 0xC3, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xF0, 0x9F, 0xF4, 0xFF, 0xDC];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(12)];
            for (int j = 0; j < bytes.Length; j++)
                bytes[j] = alphabet[random.Next(alphabet.Length)];
            Assert.Equal(bytes, ByteText.Encode(ByteText.Decode(bytes)));
        }
    }

    [Fact]
    public void Malformed_surrogates_become_the_replacement_character() =>
        Assert.Equal("a\ufffd\ufffdb", Encoding.UTF8.GetString(ByteText.Encode("a\ud800\ud801b")));

    [Theory]
    [InlineData("abc", true)]
    [InlineData("\U0001F600", true)]
    [InlineData("\U0001F4A9", true)]
    [InlineData("\uf7e4", false)]
    [InlineData("\U0001F600\uf780", false)]
    public void Knows_valid_text(string text, bool valid) => Assert.Equal(valid, ByteText.IsValidUtf8(Bytes.Text(text)));
}
