using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public class AddressTests
{
    [Theory] // internal, external
    [InlineData("alice@q.test", "alice@q.test")]
    [InlineData("a b@q.test", "\"a b\"@q.test")]
    [InlineData("a\"b\\c@q.test", "\"a\\\"b\\\\c\"@q.test")]
    [InlineData(".a@q.test", "\".a\"@q.test")]
    [InlineData("a.@q.test", "\"a.\"@q.test")]
    [InlineData("a..b@q.test", "\"a..b\"@q.test")]
    [InlineData("a@b@q.test", "\"a@b\"@q.test")]
    [InlineData("j\u00f6rg@q.test", "j\u00f6rg@q.test")]
    [InlineData("\uf7e4@q.test", "\uf7e4@q.test")] // a Latin-1 byte stays as it is
    [InlineData("@q.test", "\"\"@q.test")]
    [InlineData("alice", "alice")]
    [InlineData("al ice", "\"al ice\"")]
    [InlineData("", "")]
    [InlineData("a\nb@q.test", "\"a\nb\"@q.test")]
    [InlineData("user+tag=x/y@q.test", "user+tag=x/y@q.test")]
    public void Quotes_local_parts_that_are_no_dot_atom_and_back(string plain, string quoted)
    {
        Assert.Equal(Bytes.Text(quoted), Address.ToExternal(Bytes.Text(plain)));
        Assert.Equal(Bytes.Text(plain), Address.FromExternal(Bytes.Text(quoted)));
    }

    [Theory]
    [InlineData("\"open@q.test", "open@q.test")]
    [InlineData("a\\", "a\\")]
    [InlineData("\"a@b\"@c", "a@b@c")]
    [InlineData("a\\@b@c", "a@b@c")]
    [InlineData("x@[a\\b]", "x@[a\\b]")]
    public void Reads_broken_quoting(string external, string plain) => Assert.Equal(plain, Address.FromExternal(external));

    [Theory]
    [InlineData("alice", "alice@origin.test")]
    [InlineData("", "")]
    [InlineData("@", "")]
    [InlineData("alice@host", "alice@host")]
    [InlineData("alice@host.test.", "alice@host.test")]
    [InlineData("alice@host..", "alice@host..")]
    [InlineData("alice@.", "alice@.")]
    [InlineData("alice@", "alice@")]
    [InlineData("@a,@b:alice@c.test", "alice@c.test")]
    [InlineData("@a:alice", "alice@origin.test")]
    [InlineData("site!alice", "alice@site")]
    [InlineData("a!b!alice", "b!alice@a")]
    [InlineData("alice%host.test", "alice@host.test")]
    [InlineData("alice%a%b", "alice%a@b")]
    [InlineData("alice%a@b", "alice%a@b")]
    [InlineData("!alice", "alice@")]
    [InlineData("%alice", "@alice")]
    [InlineData("alice%", "alice@")]
    [InlineData("alice!", "@alice")]
    [InlineData("!", "!@origin.test")]
    [InlineData("%", "%@origin.test")]
    [InlineData("a b!c", "a b!c@origin.test")] // needs quotes, and then "!" is a character like others
    [InlineData("a%b.", "a@b")]
    public void Completes_addresses_like_local_mail(string given, string complete) =>
        Assert.Equal(complete, Address.Complete(given, new AddressCompletion("origin.test", "mydomain.test")));

    [Theory]
    [InlineData("alice@host", "alice@host.mydomain.test")]
    [InlineData("alice@host.x", "alice@host.x")]
    [InlineData("alice@[1]", "alice@[1]")]
    [InlineData("alice", "alice@origin.test")]
    [InlineData("alice@", "alice@")]
    public void Appends_the_domain_when_told(string given, string complete) =>
        Assert.Equal(complete, Address.Complete(given, new AddressCompletion("origin.test", "mydomain.test", AppendDotMyDomain: true)));

    [Fact]
    public void Leaves_bare_names_when_told()
    {
        AddressCompletion off = new("origin.test", AppendAtMyOrigin: false, SwapBangPath: false, PercentHack: false);
        Assert.Equal("alice", Address.Complete("alice", off));
        Assert.Equal("a!b%c", Address.Complete("a!b%c", off));
        Assert.Equal("alice", Address.Complete("alice", new AddressCompletion("")));
    }

    [Theory]
    [InlineData("", "MAILER-DAEMON@origin.test")]
    [InlineData("@", "MAILER-DAEMON@origin.test")]
    [InlineData("bob", "bob@origin.test")]
    public void Null_recipient_goes_to_the_mailer_daemon(string given, string complete) =>
        Assert.Equal(complete, Address.OrDefault(given, "MAILER-DAEMON", new AddressCompletion("origin.test")));

    [Theory]
    [InlineData("<alice@q.test>", "alice@q.test")]
    [InlineData("  < @a,@b:alice@q.test >\r\n", "alice@q.test")]
    [InlineData("<>", "")]
    [InlineData("<", "<")]
    [InlineData("@a:", "@a:")]
    [InlineData("alice@q.test", "alice@q.test")]
    public void Strips_brackets_and_routes(string given, string bare) => Assert.Equal(bare, Address.StripBrackets(given));

    [Theory]
    [InlineData("[192.0.2.1]", true, "192.0.2.1")]
    [InlineData("[IPv6:2001:db8::1]", true, "2001:db8::1")]
    [InlineData("[ipv6:::1]", true, "::1")]
    [InlineData("[]", false, "")]
    [InlineData("[", false, "")]
    [InlineData("host", false, "")]
    [InlineData("[IPv6:]", false, "")]
    public void Recognises_domain_literals(string domain, bool literal, string inside)
    {
        Assert.Equal(literal, Address.IsDomainLiteral(domain, out string found));
        if (literal)
            Assert.Equal(inside, found);
    }

    [Theory]
    [InlineData("a@b@c", "a@b", "c")]
    [InlineData("a", "a", null)]
    [InlineData("a@", "a", "")]
    public void Splits_at_the_last_at(string address, string local, string? domain) => Assert.Equal((local, domain), Address.Split(address));
}
