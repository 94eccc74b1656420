using System.Net;
using PostfixNet.Net;

namespace PostfixNet.UnitTests;

public sealed class AddressTextTests
{
    /// <summary>The short way must not be seen: same answers as the framework for every text.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("192.0.2.34")]
    [InlineData("255.255.255.255")]
    [InlineData("256.0.2.1")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.99999999999")]
    [InlineData("010.0.0.1")]
    [InlineData("1.2.3.00")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("1..2.3")]
    [InlineData("1.2.3.4.")]
    [InlineData("1.2.3.4.5")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("1.2.3.-4")]
    [InlineData("1.2.3.\u0664")]
    [InlineData("::1")]
    [InlineData("2001:db8::25")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("fe80::1%1")]
    [InlineData("2001:db8::g")]
    [InlineData("mail.example.com")]
    public void ReadsAndWritesAsTheFrameworkDoes(string text)
    {
        bool expected = IPAddress.TryParse(text, out IPAddress? address);

        Assert.Equal(expected, AddressText.TryParse(text, out IPAddress? found));
        Assert.Equal(address, found);
        if (found is not null)
            Assert.Equal(address!.ToString(), AddressText.Format(found));
    }

    [Fact]
    public void EachNumberHasItsPlace()
    {
        for (int i = 0; i < 256; i++)
        {
            byte[] bytes = [(byte)i, (byte)(i * 7), (byte)(i * 31), (byte)(255 - i)];
            IPAddress address = new(bytes);
            Assert.Equal(address.ToString(), AddressText.Format(address));
            Assert.True(AddressText.TryParse(address.ToString(), out IPAddress? found));
            Assert.Equal(bytes, found.GetAddressBytes());
        }
    }
}
