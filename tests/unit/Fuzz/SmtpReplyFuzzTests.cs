using System.Text;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Octets from mail servers.</summary>
public sealed class SmtpReplyFuzzTests
{
    [Fact]
    public void Any_conversation_ends_and_shows_nothing_unprintable()
    {
        Fuzzer fuzzer = new(
            new[]
            {
                "220 mx.test ESMTP\r\n250-mx.test\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n250 2.1.0 Ok\r\n354 go\r\n250 2.0.0 Ok: queued\r\n221 bye\r\n",
                "550-5.1.1 no\r\n550-5.1.1 really\r\n550 5.1.1 not\r\n", "421 4.3.2 \r\n", "250\r\n", "hello\r\n250 ok\r\n", "250-a\n250 b\n",
                $"250 {new string('x', 5000)}\r\n250 caf\u00c3\u00a9 \x01\r\n", "25\r\n2500 x\r\n999 9.9.9 x\r\n250-\r\n250 ",
            }.Select(Encoding.Latin1.GetBytes),
            "\r\n", "250-", "250 ", "421 ", "5.1.1 ", "SIZE ", "AUTH", "\n", "\r");
        SmtpOptions options = SmtpRig.Usual;
        SmtpPeer peer = new("mx", "192.0.2.1", 25);
        fuzzer.Run((input, random) =>
        {
            List<string> lines = [];
            ScriptedStream stream = new(input, random);
            using SmtpChat chat = new(stream, peer, options, new global::PostfixNet.Smtp.Log(new LogRecord { Written = lines.Add }));
            chat.IsPipelining = random.Next(2) == 0;
            int replies = 0;
            while (true)
            {
                try
                {
                    SmtpReply reply = chat.ReadReply(SmtpStage.Ehlo);
                    replies++;
                    Check(reply);
                    _ = ServerFeatures.Parse(reply, []);
                }
                catch (ConnectionException)
                {
                    break;
                }
            }
            Assert.InRange(replies, 0, input.Length / 4 + 1);
            Assert.InRange(stream.Reads, 1, input.Length + 1);
            Assert.All(lines, CheckText);
            Assert.InRange(lines.Count, 0, input.Length / options.LineLengthLimit + 2);
        });
    }

    private static void Check(SmtpReply reply)
    {
        Assert.InRange(reply.Code, 0, 999);
        Assert.InRange(reply.Lines.Count, 1, 100);
        Assert.InRange(reply.Text.Length, 3, 64 * 1024);
        CheckText(reply.Text);
        Assert.Matches(@"^[245]\.\d{1,3}\.\d{1,3}\z", reply.Status);
    }

    private static void CheckText(string text) => Assert.True(text.All(static c => c is >= ' ' and not '\x7f'), text);

    /// <summary>A server that says what it is told, in pieces of any size, and closes.</summary>
    private sealed class ScriptedStream(byte[] input, Random random) : ByteStream
    {
        private int _at;

        internal int Reads { get; private set; }

        public override bool IsQuiet => false;

        public override int Read(Span<byte> buffer, Deadline deadline)
        {
            Assert.NotEqual(0, buffer.Length);
            Reads++;
            int length = Math.Min(Math.Min(buffer.Length, input.Length - _at), 1 << random.Next(13));
            input.AsSpan(_at, length).CopyTo(buffer);
            _at += length;
            return length;
        }

        public override void Write(ReadOnlySpan<byte> octets, TimeSpan patience)
        {
        }

        public override void ThrowIfStopping()
        {
        }

        public override void Pause(TimeSpan time)
        {
        }

        public override void Dispose()
        {
        }
    }
}
