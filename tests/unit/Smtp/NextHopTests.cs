using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class NextHopTests
{
    [Theory] // want null: a name, or nothing
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("010.0.0.1", "8.0.0.1")]
    [InlineData("1.2.3.00", "1.2.3.0")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::25", "2001:db8::25")]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("fe80::1%1", "fe80::1%1")]
    [InlineData("fd00::25", "fd00::25")] // a letter before the first colon
    [InlineData("", null)]
    [InlineData(".", null)]
    [InlineData("1", null)]
    [InlineData("127.1", null)]
    [InlineData("2130706433", null)]
    [InlineData("256.0.2.1", null)]
    [InlineData("1.2.3.256", null)]
    [InlineData("1.2.3.99999999999", null)]
    [InlineData("0x7f.0.0.1", null)]
    [InlineData("1.2.3.", null)]
    [InlineData(".1.2.3", null)]
    [InlineData("1..2.3", null)]
    [InlineData("1.2.3.4.", null)]
    [InlineData("1.2.3.4.5", null)]
    [InlineData(" 1.2.3.4", null)]
    [InlineData("1.2.3.4 ", null)]
    [InlineData("1.2.3.-4", null)]
    [InlineData("1.2.3.\u0664", null)]
    [InlineData("2001:db8::g", null)]
    [InlineData("mail.example.com", null)]
    public void Texts_that_are_addresses(string text, string? want) => Assert.Equal(want, NextHop.AddressIn(text)?.ToString());
}
