using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Selection;

namespace PostfixNet.UnitTests.Selection;

public sealed class FilterTests
{
    private sealed class Facts : IMailFacts
    {
        public string Id { get; init; } = "4jWhRP4YSKz1jQ9J";
        public string State { get; init; } = "deferred";
        public bool IsForceExpired { get; init; }
        public string Sender { get; init; } = "News@Example.com";
        public long Size { get; init; } = 2 << 20;
        public long Age { get; init; } = 7200;
        public long? Wait { get; init; } = 600;
        public int Attempts { get; init; } = 3;
        public RequireTls RequireTls { get; init; } = RequireTls.Yes;

        public IEnumerable<WaitingRecipient> Recipients() =>
        [
            new("bob@gmail.com", new Dsn("4.7.1", "host mx.gmail.com[192.0.2.1] said: 421 4.7.1 Timed out, try later"), 1),
            new("a b@[192.0.2.1]", null, 2),
        ];

        public MailRoute RouteOf(string address) => address.StartsWith('b') ? new("relay", "[relay.example.net]:587") : new("smtp", "[192.0.2.1]", "mx.example.org");

        public IEnumerable<string> Headers(string name) => name.ToLowerInvariant() switch
        {
            "subject" => ["Your invoice (May)"],
            "message-id" => ["<abc@Example.com>"],
            _ => [],
        };
    }

    [Theory]
    [InlineData("sender=news@example.com", true)]
    [InlineData("require-tls=yes", true)]
    [InlineData("require-tls=no,usual", false)]
    [InlineData("sender = NEWS@example.com", true)]
    [InlineData("sender:*@example.com", true)]
    [InlineData("sender=example.com", false)]
    [InlineData("sender~example", true)]
    [InlineData("sender!~example", false)]
    [InlineData("sender=<>", false)]
    [InlineData("sender=\"\"", false)]
    [InlineData("sender!=\"\"", true)]
    [InlineData("recipient=*@gmail.com", true)]
    [InlineData("recipient=\"a b@[192.0.2.1]\"", true)]
    [InlineData("recipient='\"a b\"@[192.0.2.1]'", true)]
    [InlineData("recipient=nobody@gmail.com", false)]
    [InlineData("domain=GMAIL.com", true)]
    [InlineData("domain=mail.com", false)]
    [InlineData("domain=.com", true)]
    [InlineData("domain=.gmail.com", false)]
    [InlineData("domain=[192.0.2.1]", true)]
    [InlineData("domain=hotmail.com,gmail.com", true)]
    [InlineData("domain!=hotmail.com,gmail.com", false)]
    [InlineData("nexthop=relay.example.net", true)]
    [InlineData("nexthop=[relay.example.net]:587", true)]
    [InlineData("nexthop=[192.0.2.1]", true)]
    [InlineData("nexthop=example.net", false)]
    [InlineData("transport=relay", true)]
    [InlineData("transport=lmtp", false)]
    [InlineData("site=*.example.org", true)]
    [InlineData("state=deferred", true)]
    [InlineData("state=hold,active", false)]
    [InlineData("state!=hold", true)]
    [InlineData("state=force-expired", false)]
    [InlineData("reason~\"timed out\"", true)]
    [InlineData("reason~'try*later'", true)]
    [InlineData("reason=\"timed out\"", false)]
    [InlineData("code=4.7.*", true)]
    [InlineData("code=4.4.?", false)]
    [InlineData("message-id=abc@example.com", true)]
    [InlineData("message-id=<abc@example.com>", true)]
    [InlineData("header:Subject~invoice", true)]
    [InlineData("header:subject~\"invoice (may)\"", true)]
    [InlineData("header:X-Campaign=*", false)]
    [InlineData("id=4jWh*", true)]
    [InlineData("age>1h", true)]
    [InlineData("age>2h", false)]
    [InlineData("age>=2h", true)]
    [InlineData("age<1h59m59s", false)]
    [InlineData("age<=7200", true)]
    [InlineData("size>1M", true)]
    [InlineData("size=2048K", true)]
    [InlineData("size!=2M", false)]
    [InlineData("attempts>=3", true)]
    [InlineData("attempts<3", false)]
    [InlineData("next<=10m", true)]
    [InlineData("recipients=2", true)]
    [InlineData("sender~example and not age>3h", true)]
    [InlineData("sender~example AND (age>3h or size>1M)", true)]
    [InlineData("sender~nobody or age>3h or attempts=3", true)]
    [InlineData("sender~nobody and age>1h or attempts=3", true)]
    [InlineData("sender~nobody and (age>1h or attempts=3)", false)]
    [InlineData("!(sender~nobody) && !age>3h || sender~none", true)]
    [InlineData("not not sender~news", true)]
    [InlineData("not(sender~news)", false)]
    public void It_says_which_messages_are_meant(string filter, bool fits) => Assert.Equal(fits, Filter.Parse(filter).Fits(new Facts()));

    [Fact]
    public void What_is_not_known_is_neither_more_nor_less()
    {
        Facts held = new() { State = "hold", Wait = null, Sender = "", IsForceExpired = true };
        Assert.False(Filter.Parse("next<10m").Fits(held));
        Assert.False(Filter.Parse("next>=10m").Fits(held));
        Assert.True(Filter.Parse("sender=<> and sender=\"\" and state=hold and state=force-expired").Fits(held));
    }

    [Fact]
    public void It_tells_what_it_must_know()
    {
        Assert.Equal(FilterNeeds.None, Filter.Parse("sender=a and domain=b or age>1h").Needs);
        Assert.Equal(FilterNeeds.Routes, Filter.Parse("not nexthop=a").Needs);
        Assert.Equal(FilterNeeds.Content | FilterNeeds.Delays, Filter.Parse("header:Subject~a or reason~b").Needs);
    }

    [Theory]
    [InlineData("", "column 1: a test is expected, as sender=*@example.com; fields: sender recipient ")]
    [InlineData("subject~a", "column 1: unknown field \"subject\", did you mean \"header:subject\"?; fields: ")]
    [InlineData("size>99999999999G", "column 6: ")]
    [InlineData("sendr=a", "column 1: unknown field \"sendr\", did you mean \"sender\"?; fields: ")]
    [InlineData("sender=a recipient=b", "column 10: \"and\" or \"or\" is expected, not \"recipient=b\"")]
    [InlineData("sender=a and", "column 13: a test is expected")]
    [InlineData("(sender=a or age>1h", "column 1: this \"(\" is not closed")]
    [InlineData("sender=a)", "column 9: \")\" without \"(\"")]
    [InlineData("sender", "column 7: one of = != ~ !~ < <= > >= is expected after sender")]
    [InlineData("sender=", "column 8: a value is missing; the empty one is \"\"")]
    [InlineData("sender=a,", "column 10: a value is missing")]
    [InlineData("sender=\"a", "column 8: this \" is not closed")]
    [InlineData("sender>a", "column 7: sender is a text, compared with = != ~ !~")]
    [InlineData("age~1h", "column 4: age is a number, compared with = != < <= > >=")]
    [InlineData("age>2x", "column 5: \"2x\" is no time, as 90s, 15m, 2h, 1d12h, 1w")]
    [InlineData("age>1h30", "column 5: \"1h30\" is no time")]
    [InlineData("size>1,2", "column 8: size takes one value")]
    [InlineData("size>9999999999999999999", "column 6: \"9999999999999999999\" is no size")]
    [InlineData("attempts>=2h", "column 11: \"2h\" is no number")]
    [InlineData("state=held", "column 7: state is one of maildrop incoming active deferred hold corrupt force-expired")]
    [InlineData("header=x", "column 7: a header is named as header:Subject")]
    [InlineData("header:=x", "column 1: a header is named as header:Subject")]
    [InlineData("sender=a\nor", "column 9: a control character")]
    [InlineData("=a", "column 1: a test is expected, as sender=*@example.com, not \"=\"")]
    public void What_is_wrong_is_told_with_its_place(string filter, string message) =>
        Assert.StartsWith(message, Assert.Throws<FilterException>(() => Filter.Parse(filter)).Message, StringComparison.Ordinal);

    [Fact]
    public void Whatever_it_is_it_is_bounded()
    {
        Assert.Throws<FilterException>(() => Filter.Parse(new string('a', 5000)));
        Assert.Throws<FilterException>(() => Filter.Parse(new string('(', 4000)));
        Assert.Throws<FilterException>(() => Filter.Parse(string.Concat(Enumerable.Repeat("not ", 1000)) + "age>1h"));
        Assert.Throws<FilterException>(() => Filter.Parse(string.Join(" or ", Enumerable.Repeat("age>1h", 300))));
        Assert.Throws<FilterException>(() => Filter.Parse("sender=" + new string('a', 600)));
        // Of those that take for ever in other languages.
        Filter slow = Filter.Parse($"sender~{string.Concat(Enumerable.Repeat("a*", 200))}b");
        Assert.False(slow.Fits(new Facts { Sender = new string('a', 100_000) }));
    }

    [Theory]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("a*c", "acb", false)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("*ab", "aab", true)]
    [InlineData("?", "", false)]
    [InlineData("*", "", true)]
    [InlineData("**", "x", true)]
    [InlineData("a\\*c", "a*c", true)]
    [InlineData("a\\*c", "abc", false)]
    [InlineData("a\\c", "a\\c", true)]
    [InlineData("\\\\*", "\\x", true)]
    [InlineData("ÄB", "äb", true)]
    public void Stars_stand_for_anything(string pattern, string text, bool fits) => Assert.Equal(fits, new Wildcard(pattern, isPart: false).Fits(text));

    [Fact]
    public void Any_text_is_a_filter_or_an_error()
    {
        Random random = new(4711);
        string[] pieces = ["sender", "age", "=", "~", "!", "(", ")", " and ", " or ", "not ", "\"", "'", "\\", "*", "1h", ",", "header:", "x", " ", "<", ">", "é"];
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                _ = Filter.Parse(text).Fits(new Facts());
            }
            catch (FilterException e)
            {
                Assert.InRange(e.Column, 1, text.Length + 1);
            }
        }
    }
}
