using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public sealed class HostAndPortTests
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
    public void Texts_that_are_addresses(string text, string? want) => Assert.Equal(want, HostAndPort.AddressIn(text)?.ToString());

    [Theory]
    [InlineData("example.com", "example.com", false, null)]
    [InlineData("example.com.", "example.com", false, null)]
    [InlineData("[mail.example.com]", "mail.example.com", true, null)]
    [InlineData("[mail.example.com]:587", "mail.example.com", true, 587)]
    [InlineData("mail.example.com:submission", "mail.example.com", false, 587)]
    [InlineData("inet:mail.example.com:24", "mail.example.com", false, 24)]
    [InlineData("[ipv6:2001:db8::1]:26", "2001:db8::1", true, 26)]
    [InlineData("2001:db8::1", "2001:db8::1", false, null)]
    public void Places(string text, string host, bool isBracketed, int? port) => Assert.Equal(new HostAndPort(host, isBracketed, port), HostAndPort.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("[mail.example.com")]
    [InlineData("[]")]
    [InlineData(".")]
    [InlineData("mail.example.com:")]
    [InlineData("mail.example.com:0")]
    [InlineData("mail.example.com:65536")]
    [InlineData("mail.example.com:smpt")]
    [InlineData("[mail.example.com]587")]
    public void What_is_no_place(string text) => Assert.Null(HostAndPort.Parse(text));
}
