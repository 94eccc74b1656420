using System.Text;
using MimeKit;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

/// <summary>Address lists as we understand them and as MimeKit does, which shares no code with us: examples of RFC 5322 (appendix
/// A and section 4.4), of RFC 2047 (section 8), and what people write. MimeKit is no choice for cleanup: it refuses a whole
/// list for one element, and cannot change an address and leave every other byte of a header.</summary>
public sealed class HeaderAddressesAndMimeKitTests
{
    private const string Refused = "refused";

    [Theory]
    [InlineData(" John Doe <jdoe@machine.example>")]
    [InlineData(" Mary Smith <mary@example.net>")]
    [InlineData(" \"Joe Q. Public\" <john.q.public@example.com>")]
    [InlineData(" Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>")]
    [InlineData(" <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>")]
    [InlineData(" A Group:Ed Jones <ed@a.test>,joe@where.test,John <jdoe@one.test>;")]
    [InlineData(" Undisclosed recipients:;")]
    [InlineData(" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>")]
    [InlineData(" A Group(Some people)\n     :Chris Jones <c@(Chris's host.)public.example>,\n         joe@example.org,\n  John <jdoe@one.test> (my dear friend); (the end of the group)")]
    [InlineData(" (Empty list)(start)Hidden recipients  :(nobody(that I know))  ;")]
    [InlineData(" Joe Q. Public <john.q.public@example.com>")]
    [InlineData(" Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example")]
    [InlineData(" jdoe @ example . org")]
    [InlineData(" \"first last\"@example.org")]
    [InlineData(" \"a\\\"b\"@example.org")]
    [InlineData(" user@[192.0.2.1]")]
    [InlineData(" user@[IPv6:2001:db8::1]")]
    [InlineData(" <@a.test,@b.test:joe@c.test>")]
    [InlineData(" <@a.test,,@b.test:joe@c.test>")]
    [InlineData(" joe@c.test,")]
    [InlineData(" group:;, joe@c.test")]
    [InlineData(" g1: a@x.test;, g2: b@x.test;")]
    [InlineData(" g1: a@x.test; g2: b@x.test;")]
    [InlineData(" =?US-ASCII?Q?Keith_Moore?= <moore@cs.test>")]
    [InlineData(" =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.test>")]
    [InlineData(" =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.test>")]
    [InlineData(" Nathaniel Borenstein <nsb@thumper.test> (=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=)")]
    [InlineData(" =?utf-8?q?a=2C_b?= <a@x.test>, b@x.test")]
    [InlineData(" \"=?utf-8?q?x?=\" <a@x.test>")]
    [InlineData(" =?utf-8?q?x=40y?=@z.test")]
    [InlineData(" (=?utf-8?q?x?=) a@x.test")]
    [InlineData(" =?utf-8?q?joe=40evil.test?= <a@x.test>")]
    [InlineData(" J\u00f6rg <j\u00f6rg@d\u00f6main.test>")]
    [InlineData(" alice")]
    [InlineData(" alice, bob@x.test")]
    [InlineData(" a@x.test b@y.test")]
    [InlineData(" <a@x.test> <b@y.test>")]
    [InlineData(" Alice <a@x.test> Bob <b@y.test>")]
    [InlineData(" a@x.test (Alice), b@x.test (Bob)")]
    [InlineData(" <alice@x.test")]
    [InlineData(" alice@x.test>")]
    [InlineData(" <<alice@x.test>>")]
    [InlineData(" O'Brien <ob@x.test>, o'brien@x.test")]
    [InlineData(" Team [x] <t@x.test>")]
    [InlineData(" a@x.test <b@y.test>")]
    [InlineData(" 'a@x.test'")]
    [InlineData(" a+b=c@x.test")]
    [InlineData(" <a @ x.test >")]
    [InlineData(" a@x_y.test, a@-x.test")]
    [InlineData(" \"\"@x.test")]
    [InlineData(" a@x.test\r\n\t,b@x.test")]
    [InlineData(" (c)<(c)a(c)@(c)x(c).(c)test(c)>(c)")]
    [InlineData(" a%b@x.test, x!y@z.test")]
    public void Both_find_the_same(string body) => Assert.Equal(Ours(body), MimeKits(body));

    [Theory] // body, ours, MimeKit's
    [InlineData(" first.\"middle\".last@example.org", "first.middle.last@example.org", "first.\"middle\".last@example.org")] // quotes that say nothing are left out
    [InlineData(" user@[ 192.0.2.1 ]", "user@[ 192.0.2.1 ]", "user@[192.0.2.1]")] // blanks in a domain literal are kept: nobody asks what they mean
    [InlineData(" a@x.test.", "a@x.test.", "a@x.test")] // the final dot is kept: cleanup judges it
    [InlineData(" Alice, Bob <a@x.test>", "Alice|a@x.test", "a@x.test")] // a comma separates addresses (RFC 5322 section 3.4), also for those who forget quotes
    [InlineData(" group: joe@c.test", "\"group:joe\"@c.test", "joe@c.test")] // without its semicolon it is no group: what is before the colon must not be lost
    [InlineData(" mailto:a@x.test", "\"mailto:a\"@x.test", "a@x.test")] // likewise
    [InlineData(" a@x.test:25", "a@x.test:25", "a@x.test|25")] // likewise
    [InlineData(" ,joe@c.test", "joe@c.test", Refused)] // empty elements: RFC 5322 section 4.4
    [InlineData(" ,", "", Refused)] // likewise
    [InlineData("", "", Refused)] // likewise
    [InlineData(" <>", "", Refused)] // the null address, which stays as it is
    [InlineData(" joe@c.test;", "joe@c.test", Refused)] // a semicolon separates as well, as in Postfix
    [InlineData(" a@x.test; b@x.test", "a@x.test|b@x.test", Refused)] // likewise
    [InlineData(" a;b@x.test", "a|b@x.test", Refused)] // likewise
    [InlineData(" alice bob@x.test", "alice|bob@x.test", Refused)] // a comma is missing
    [InlineData(" \"unclosed@x.test", "unclosed@x.test", Refused)] // what is not closed ends with the text
    [InlineData(" (unclosed a@x.test", "", Refused)] // likewise
    [InlineData(" <John Doe>", "\"John Doe\"", Refused)] // no address, yet somebody is meant: quoted, it is one
    [InlineData(" a..b@x.test", "\"a..b\"@x.test", Refused)] // likewise; such addresses exist
    [InlineData(" .a@x.test", "\".a\"@x.test", Refused)] // likewise
    [InlineData(" a.@x.test", "\"a.\"@x.test", Refused)] // likewise
    [InlineData(" a\\@b@c.test", "\"a@b\"@c.test", Refused)] // likewise: RFC 822 had quoted pairs in words
    [InlineData(" a@b@c.test", "\"a@b\"@c.test", Refused)] // likewise
    [InlineData(" a@x..test", "a@x..test", Refused)] // a domain that does not exist is for others to find out
    [InlineData(" a@", "a@", Refused)] // likewise
    [InlineData(" <a@>", "a@", Refused)] // likewise
    [InlineData(" @x.test", "\"\"@x.test", Refused)] // an address with nobody in it
    public void They_differ_for_a_reason(string body, string ours, string mimeKits) => Assert.Equal((ours, mimeKits), (Ours(body), MimeKits(body)));

    private static string Ours(string body) =>
        string.Join('|', HeaderAddresses.Parse(body).Where(a => a.Address.Length > 0).Select(a => Address.ToExternal(a.Address)));

    private static string MimeKits(string body) => InternetAddressList.TryParse(Encoding.UTF8.GetBytes(body), out InternetAddressList? list)
        ? string.Join('|', list.Mailboxes.Select(m => m.Address)) : Refused;
}
