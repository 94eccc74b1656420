using System.Diagnostics;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public class HeaderAddressesTests
{
    [Theory] // body, addresses joined with '|'
    [InlineData(" alice@q.test", "alice@q.test")]
    [InlineData(" alice, bob@q.test", "alice|bob@q.test")]
    [InlineData(" Alice Smith <alice@q.test>, \"Bob, B.\" <bob@q.test>", "alice@q.test|bob@q.test")]
    [InlineData(" alice@q.test (Alice (nested, really) Smith), bob", "alice@q.test|bob")]
    [InlineData(" friends: alice@q.test, Bob <bob@q.test>;, carol", "alice@q.test|bob@q.test|carol")]
    [InlineData(" undisclosed-recipients:;", "")]
    [InlineData(" <@a,@b:alice@q.test>", "alice@q.test")]
    [InlineData(" @a,@b:alice@q.test, bob", "alice@q.test|bob")]
    [InlineData(" <@a:alice@q.test>, team: bob;", "alice@q.test|bob")]
    [InlineData(" <@a,,@b, ,,@c:alice@q.test>", "alice@q.test")] // RFC 5322 section 4.4, obs-domain-list
    [InlineData(" \"a b\"@q.test, \"a\\\"b\"@q.test", "a b@q.test|a\"b@q.test")]
    [InlineData(" <\"a@b\"@q.test>", "a@b@q.test")]
    [InlineData(" a @ q . test", "a@q.test")]
    [InlineData(" a(c)@(d)q.test", "a@q.test")]
    [InlineData(" alice bob@q.test", "alice|bob@q.test")] // missing comma
    [InlineData(" <a@x> <b@y>", "a@x|b@y")]
    [InlineData(" Alice <a@x> Bob <b@y> rest", "a@x|b@y|rest")]
    [InlineData(" <a> trailing", "a|trailing")]
    [InlineData(" \"\", a", "|a")]
    [InlineData(" a:b@x.test, mailto:c@d.test", "a:b@x.test|mailto:c@d.test")]
    [InlineData(" open: a, b", "open:a|b")]
    [InlineData(" :include:/x", ":include:/x")]
    [InlineData(" <a,b>", "a,b")]
    [InlineData(" g: a; h: b;", "a|b")]
    [InlineData(" [a], b[c]", "[a]|b|[c]")]
    [InlineData(" a@[192.0.2.1", "a@[192.0.2.1]")]
    [InlineData(" <>", "")]
    [InlineData("", "")]
    [InlineData(" ,,, ;", "")]
    [InlineData(" \"unclosed@q.test", "unclosed@q.test")]
    [InlineData(" (unclosed alice@q.test", "")]
    [InlineData(" <alice@q.test", "alice@q.test")]
    [InlineData(" alice@q.test>", "alice@q.test")]
    [InlineData(" <<alice@q.test>>", "alice@q.test")]
    [InlineData(" <John Doe>", "John Doe")]
    [InlineData(" a\\@b@c", "a@b@c")]
    [InlineData(" bob@[192.0.2.1], x@[IPv6:::1]", "bob@[192.0.2.1]|x@[IPv6:::1]")]
    [InlineData(" alice@q.test,\n\tbob@q.test,\n  Carol\n <carol@q.test>", "alice@q.test|bob@q.test|carol@q.test")]
    [InlineData(" J\u00f6rg <j\u00f6rg@q.test>, \uf7e4@q.test", "j\u00f6rg@q.test|\uf7e4@q.test")]
    [InlineData(" \"a\n b\"@q.test", "a  b@q.test")] // the line end is a blank too
    [InlineData(" =?utf-8?q?x=2C?= <a@x>", "a@x")]
    [InlineData(" @domain, bob@x", "@domain|bob@x")]
    [InlineData(" a\\", "a")]
    public void Finds_mailboxes(string body, string addresses) =>
        Assert.Equal(Bytes.Text(addresses), string.Join('|', HeaderAddresses.Parse(Bytes.Text(body)).Select(a => a.Address)));

    [Theory]
    [InlineData(" alice", " alice@o.test")]
    [InlineData(" alice ,\n\tBob  <bob> (it's bob), carol@q.test", " alice@o.test, Bob <bob@o.test>(it's bob), carol@q.test")]
    [InlineData(" team: alice, bob;", " team: alice@o.test, bob@o.test;")]
    [InlineData(" \"a b\", \"alice\"", " \"a b\"@o.test, alice@o.test")]
    [InlineData(" \"a!b\", \"a%b\", \"a@b\", \"a b!c\"", " a!b@o.test, a%b@o.test, \"a@b\"@o.test, \"a b!c\"@o.test")]
    [InlineData(" a!b, a%b, a@b", " b@a, a@b, a@b")]
    [InlineData(" <@r:alice>", " <alice@o.test>")]
    [InlineData(" <>, alice@q.test, friends:;", " <>, alice@q.test, friends:;")]
    [InlineData(" alice bob", " alice@o.test, bob@o.test")]
    [InlineData(" a b@corp.test", " a@o.test, b@corp.test")]
    [InlineData(" <alice> bob", " <alice@o.test>, bob@o.test")]
    [InlineData(" (c) a, (d)", " a@o.test (c), (d)")]
    [InlineData(" A (x) \"B.\" C. <a>", " A (x) \"B.\" C. <a@o.test>")]
    [InlineData(" a;b", " a@o.test;, b@o.test")]
    [InlineData(" g: a@x.test; h: b;", " g:a@x.test;h: b@o.test;")]
    [InlineData(" g: c, A <a>; h: b; i : d;, j: e;", " g: c@o.test, A <a@o.test>;h:b@o.test;i: d@o.test;, j: e@o.test;")]
    [InlineData(" <a,b>, <\"a,b\">", " <\"a, b\"@o.test>, <\"a,b\"@o.test>")]
    [InlineData(" [a]", " \"[a]\"@o.test")]
    [InlineData(" \"open", " open@o.test")]
    [InlineData(" <open", " <open@o.test>")]
    [InlineData(" ,a,,b,", " , a@o.test, , b@o.test, ")]
    [InlineData(" \"alice\"@q.test", " \"alice\"@q.test")] // a needless spelling is not ours to mend
    public void Rewrites_addresses_and_nothing_else(string body, string rewritten) =>
        Assert.Equal(rewritten, HeaderAddresses.Rewrite(body, a => Address.Complete(a, new AddressCompletion("o.test")), nameLength: 2));

    [Fact]
    public void Gives_back_the_same_text_when_nothing_changes()
    {
        string body = " Alice <alice@q.test>, \"b\"@q.test";
        Assert.Same(body, HeaderAddresses.Rewrite(body, a => a.Address));
    }

    [Fact]
    public void Rewriting_stops_at_the_token_limit()
    {
        Assert.Equal(" a@o, b@o, ", HeaderAddresses.Rewrite("a,b,c,d", a => a.Address + "@o", tokenLimit: 4));
    }

    [Fact]
    public void No_recipient_is_passed_over_because_there_are_many_before_it() =>
        Assert.Equal(20_000, HeaderAddresses.Parse(string.Join(',', Enumerable.Range(0, 20_000))).Count);

    [Theory]
    [InlineData("(")]
    [InlineData("<")]
    [InlineData("<a> ")]
    [InlineData("@a,")]
    [InlineData("@")]
    [InlineData("a:")]
    [InlineData("\"")]
    [InlineData("[")]
    [InlineData("\\")]
    [InlineData(",")]
    [InlineData("<@a:")]
    [InlineData("a b ")]
    public void Takes_linear_time_whatever_the_text(string piece)
    {
        // What grows with the square takes minutes here, and what is linear a part of a second, however busy the machine is.
        string body = string.Concat(Enumerable.Repeat(piece, 500_000));
        long start = Stopwatch.GetTimestamp();
        string same = HeaderAddresses.Rewrite(body, a => a.Address + "x", int.MaxValue);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
        Assert.NotNull(same);
    }
}
