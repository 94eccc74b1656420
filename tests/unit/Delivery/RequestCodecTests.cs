using System.Net;
using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>What services say to each other: each message comes back as it was, and nothing that stands in its place does harm.</summary>
public sealed class RequestCodecTests
{
    private static readonly QueueId s_id = QueueId.TryParse("4jWhRP4YSKz1jQ9J", out QueueId id) ? id : default;
    private static readonly Recipient s_recipient = new("bob\udce4@q.test", "alias@q.test", "rfc822;Bob+2Balias@q.test", Notify.Success | Notify.Delay, 4711);
    private static readonly Dsn s_dsn = new("5.1.1", "host said: no\u00fc", DsnAction.Failed, "smtp", "550 5.1.1 no", "mx.q.test");
    private static readonly MessageFacts s_facts = new(QueueName.Active, s_id, "alice@q.test", SmtpUtf8.Requested | SmtpUtf8.Header, "my id", DsnReturn.Headers, "+=") { RequireTls = RequireTls.No };
    private static readonly WaitState s_state = new("smtp", "[mx.test]")
    {
        Code = WaitCode.RateLimit,
        Left = 1234,
        Reason = "the rate",
        Process = 99,
        Load = new NextHopLoad(1, 2, 3, 4, 5, 6),
    };

    /// <summary>A kind of message: what it looks like on the line, and what is read there.</summary>
    /// <param name="Line">Of an example with no field at its default.</param>
    /// <param name="Read">Reads it, and says it again.</param>
    /// <param name="CheckSame">Asserts that the example comes back.</param>
    private sealed record Codec(AttributeList Line, Func<AttributeList, AttributeList?> Read, Action<AttributeList> CheckSame);

    private static Codec Of<T>(T example, Func<T, AttributeList> write, Func<AttributeList, T> read, Action<T, T>? checkSame = null) where T : class? =>
        new(write(example), list => read(list) is { } value ? write(value) : null, list => (checkSame ?? Assert.Equal)(example, read(list)));

    private static Codec Of(BounceRequest request) => Of(request, static r => r.ToAttributes(), BounceRequest.From);

    private static Codec Of(CleanupReply reply) => Of(reply, static r => r.ToAttributes(), CleanupReply.From);

    private static Codec Of(ShowqRequest request) => Of(request, static r => r.ToAttributes(), ShowqRequest.From);

    private static readonly Dictionary<string, Codec> s_codecs = new()
    {
        ["append"] = Of(new BounceRequest.Append(s_id, new Outcome(s_recipient, s_dsn))),
        ["append, nothing known"] = Of(new BounceRequest.Append(s_id, new Outcome(new Recipient(""), new Dsn("4.0.0", "")))),
        ["flush"] = Of(new BounceRequest.Flush(s_facts)),
        ["flush, nothing known"] = Of(new BounceRequest.Flush(new MessageFacts(QueueName.Active, s_id, ""))),
        ["warn"] = Of(new BounceRequest.Warn(s_facts)),
        ["remove"] = Of(new BounceRequest.Remove(s_id)),
        ["digest"] = Of(new BounceRequest.Digest()),
        ["done"] = Of(new BounceReply(), static r => r.ToAttributes(), BounceReply.From),
        ["not done"] = Of(new BounceReply("no space"), static r => r.ToAttributes(), BounceReply.From),
        ["message"] = Of(new CleanupRequest(true, SmtpUtf8.Requested, true) { RequireTls = RequireTls.Yes }, static r => r.ToAttributes(), CleanupRequest.From),
        ["begun"] = Of(new CleanupReply.Begun(s_id)),
        ["accepted"] = Of(new CleanupReply.Ended(CleanupVerdict.Accepted)),
        ["refused"] = Of(new CleanupReply.Ended(CleanupVerdict.Refused, "too large")),
        ["try again"] = Of(new CleanupReply.Ended(CleanupVerdict.TryAgain, "no room")),
        ["delivery"] = Of(
            new DeliveryRequest
            {
                Queue = QueueName.Active,
                Id = s_id,
                NextHop = "[mx.test]:25",
                Sender = "alice@q.test",
                Recipients = [s_recipient, new Recipient("carol@q.test")],
                Size = 1,
                DataOffset = 2,
                Encoding = BodyEncoding.EightBit,
                SmtpUtf8 = SmtpUtf8.Requested,
                RequireTls = RequireTls.Yes,
                EnvelopeId = "my id",
                Return = DsnReturn.Full,
                Tracing = Tracing.Report | Tracing.DelayWasTold,
                ArrivalMicroseconds = 3,
                ActiveMicroseconds = 4,
                Origin = new MessageOrigin("client.test", "192.0.2.1", "25", "ESMTP", "helo.test", "ABC", true),
                MoreWaits = true,
                IsForAll = true,
                WantsOutcomes = true,
                ReturnPath = "r5@bounces.test",
                Rule = new DeliveryRule("q.test", "encrypt", IPAddress.Loopback, IPAddress.IPv6Loopback, "me", "/c.pem", "/k.pem"),
            },
            static r => r.ToAttributes(), DeliveryRequest.From,
            static (example, read) =>
            {
                Assert.Equal(example.Recipients, read.Recipients);
                Assert.Equal(example, read with { Recipients = example.Recipients });
            }),
        ["report"] = Of(new DeliveryReport(true, true, s_dsn, true, true) { IsUnrecorded = true, AsksForLess = true, Exchanger = "mx.test" }, static r => r.ToAttributes(), DeliveryReport.From),
        ["report of recipients"] = Of(new DeliveryReport(false, false, null, false, false) { Settled = [new SettledRecipient("bob@q.test", "5.1.1", "550 who?")] },
            static r => r.ToAttributes(), DeliveryReport.From, static (example, read) => Assert.Equal(example.Settled, read.Settled)),
        ["report, all well"] = Of(new DeliveryReport(false, false, null, false, false), static r => r.ToAttributes(), DeliveryReport.From),
        ["ready"] = Of<AgentReady?>(new AgentReady(4711), static r => r!.ToAttributes(), AgentReady.From)!,
        ["question"] = Of(
            new WaitQuestion("ABC", "alice@q.test", ["bob@q.test", ""]), static r => r.ToAttributes(), WaitQuestion.From,
            static (example, read) =>
            {
                Assert.Equal(example.Addresses, read.Addresses);
                Assert.Equal(example, read with { Addresses = example.Addresses });
            }),
        ["answer"] = Of(
            new WaitAnswer(true, true, [s_state, new WaitState("error", "no")]), static r => r.ToAttributes(), WaitAnswer.From,
            static (example, read) =>
            {
                Assert.Equal(example.States, read.States);
                Assert.Equal(example, read with { States = example.States });
            }),
        ["list"] = Of(new ShowqRequest.List()),
        ["explain"] = Of(new ShowqRequest.Explain("q.test")),
        ["flush all"] = Of(new ShowqRequest.FlushAll()),
        ["flush one"] = Of(new ShowqRequest.FlushOne("../etc")),
        ["flush site"] = Of(new ShowqRequest.FlushSite("q.test")),
        ["flushed"] = Of(new FlushReply(3), static r => r.ToAttributes(), FlushReply.From),
        ["not flushed"] = Of(new FlushReply(Count: null), static r => r.ToAttributes(), FlushReply.From),
        ["explained"] = Of(
            new ExplainedMessage("active", "ABC", 1, 2, "alice@q.test", [new ExplainedRecipient("bob@q.test", WaitCode.Backoff, 5, "no", s_state)], 7) { IsExpired = true },
            static r => r.ToAttributes(), ExplainedMessage.From,
            static (example, read) =>
            {
                Assert.Equal(example.Recipients, read.Recipients);
                Assert.Equal(example, read with { Recipients = example.Recipients });
            }),
        ["end of explanation"] = Of<ExplanationEnd?>(
            new ExplanationEnd(9, true) { Reasons = [new WaitCount(WaitCode.Backoff, "no", 3, 2), new WaitCount(WaitCode.Held, "", 1, 1)] },
            static r => r!.ToAttributes(), ExplanationEnd.From,
            static (example, read) =>
            {
                Assert.Equal(example!.Reasons, read!.Reasons);
                Assert.Equal(example, read with { Reasons = example.Reasons });
            })!,
    };

    public static TheoryData<string> Kinds => [.. s_codecs.Keys];

    [Theory, MemberData(nameof(Kinds))]
    public void A_message_comes_back_as_it_was(string kind) => s_codecs[kind].CheckSame(OverTheLine(s_codecs[kind].Line));

    [Theory, MemberData(nameof(Kinds))]
    public void Unknown_names_are_ignored(string kind)
    {
        byte[] line = [.. Encode(new AttributeList().Add("x_new", "text").Add("x_new_too", 7)), .. Encode(s_codecs[kind].Line)];
        s_codecs[kind].CheckSame(AttributeList.Decode(line));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void What_is_not_a_good_message_is_one_clean_error(string kind)
    {
        Codec codec = s_codecs[kind];
        byte[] line = Encode(codec.Line);
        foreach ((string name, Range place) in Attributes(line))
        {
            byte[] rest = [.. line[..place.Start], .. line[place.End..]];
            Try(codec, rest);
            foreach (AttributeList other in Others(name))
                Try(codec, [.. Encode(other), .. rest]);
        }
        // Whatever of the line was spoilt, and however.
        Random random = new(17);
        for (int i = 0; i < 2000; i++)
        {
            byte[] spoilt = [.. line];
            for (int j = random.Next(4); j >= 0; j--)
                spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
            Try(codec, spoilt[..random.Next(spoilt.Length / 2, spoilt.Length + 1)]);
        }
    }

    private static IEnumerable<AttributeList> Others(string name) =>
    [
        new AttributeList().Add(name, ""), new AttributeList().Add(name, "x\r\n\0\u001b" + new string('y', 60_000)), new AttributeList().Add(name, "../../etc/passwd"),
        new AttributeList().Add(name, long.MinValue), new AttributeList().Add(name, -1), new AttributeList().Add(name, 1L << 40), new AttributeList().Add(name, long.MaxValue),
        new AttributeList().Add(name, [1, 2, 3]), new AttributeList().Add(name, Array.Empty<byte>()), new AttributeList().Add(name, [new AttributeList()]),
    ];

    // It is read as something that can be said again, or refused.
    private static void Try(Codec codec, byte[] line)
    {
        try
        {
            AttributeList? again = codec.Read(AttributeList.Decode(line));
            if (again is not null)
                Assert.NotNull(codec.Read(OverTheLine(again)));
        }
        catch (IpcException e)
        {
            Assert.InRange(e.Message.Length, 1, 200_000);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static AttributeList OverTheLine(AttributeList list) => AttributeList.Decode(Encode(list));

    private static byte[] Encode(AttributeList list)
    {
        OutputBuffer output = new(256);
        list.Encode(output);
        return output.Written.ToArray();
    }

    // The names in an encoded list, and where each attribute stands.
    private static List<(string Name, Range Place)> Attributes(byte[] line)
    {
        List<(string, Range)> found = [];
        for (int at = 0; at < line.Length;)
        {
            int start = at;
            byte type = line[at++];
            int length = BitConverter.ToInt32(line, at);
            string name = Encoding.UTF8.GetString(line, at + 4, length);
            at += 4 + length;
            if (type == 2)
            {
                at += 8;
            }
            else
            {
                int count = type == 4 ? BitConverter.ToInt32(line, at) : 1;
                at += type == 4 ? 4 : 0;
                for (int i = 0; i < count; i++)
                    at += 4 + BitConverter.ToInt32(line, at);
            }
            found.Add((name, start..at));
        }
        return found;
    }
}
