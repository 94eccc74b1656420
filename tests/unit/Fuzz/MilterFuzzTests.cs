using System.Buffers.Binary;
using System.Net;
using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.Milter;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>What milters say.</summary>
public sealed partial class MilterFuzzTests
{
    private static readonly MainConfig s_config = MainConfig.FromText("smtpd_milters = ['inet:127.0.0.1:1', '{ inet:127.0.0.1:2, default_action = accept }']");

    private static byte[] Packet(char letter, params object[] parts)
    {
        List<byte> body = [(byte)letter];
        foreach (object part in parts)
        {
            if (part is int number)
            {
                byte[] octets = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(octets, number);
                body.AddRange(octets);
            }
            else
            {
                body.AddRange(System.Text.Encoding.UTF8.GetBytes((string)part));
            }
        }
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, body.Count);
        return [.. length, .. body];
    }

    private static readonly byte[] s_options = Packet('O', 6, 0x1FF, 0), s_continue = Packet('c');

    private static byte[] Talk(params byte[][] answers) => [.. s_options, .. answers.SelectMany(static answer => answer)];

    private static readonly byte[][] s_corpus =
    [
        Talk([.. Enumerable.Repeat(s_continue, 12)]),
        Talk(s_continue, s_continue, Packet('y', "550-5.7.1 a%%\r\n550 5.7.1 b\0")),
        Talk(s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, Packet('h', "X-A\0", "b\0"), Packet('i', 1, "X-B\0", "c\0"), Packet('m', 1, "X-A\0", "\0"), s_continue),
        Talk(s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, s_continue, Packet('b', "new\r\nbody"), Packet('b', "\r\n"), Packet('e', "<a@b>\0", "RET=HDRS\0"), Packet('+', "<c@d>\0"), Packet('2', "<c@d>\0", "NOTIFY=NEVER\0"), Packet('-', "<c@d>\0"), Packet('q', "why\0"), Packet('a')),
        Talk(Packet('a')), Talk(Packet('r')), Talk(Packet('t')), Talk(s_continue, Packet('d')), Talk(Packet('4')), Talk(Packet('p'), Packet('p'), s_continue), Talk(Packet('s')),
        [.. Packet('O', 6, 0x1FF, 0x1FFFFF, 1, "j {client_addr}\0", 5, "i\0"), .. s_continue], Packet('O', 2, 0x3F, 0),
    ];

    [Fact]
    public void Whatever_a_milter_says_the_client_hears_replies_and_the_message_stays_whole() =>
        new Fuzzer(s_corpus, "\0\0\0\u0001c", "\0\0\0\u0001a", "\0\0\0\u0006y", "5.7.1", "550-", "%", "X-A\0", "\r\n", "\u007F\u00FF\u00FF\u00FF") { BaseBytes = 2 * 1024 * 1024 }.Run((input, random) =>
        {
            MilterSettings settings = MilterSettings.Read(s_config);
            List<string> warnings = [];
            MilterChain chain = new(settings, settings.List(s_config, Parameters.SmtpdMilters), new Network(input, random), warnings.Add);
            Edits edits = new();
            Check(Now(chain.Connect(new MilterClient("unknown", IPAddress.IPv6Loopback, 0))));
            Check(Now(chain.Helo("c")));
            for (int messages = 0; messages < 2; messages++)
            {
                Check(Now(chain.Mail(["<a@b.test>"])));
                Check(Now(chain.Rcpt(["<c@d.test>"], isRefused: messages == 1)));
                Check(Now(chain.Unknown("ZORK")));
                Check(Now(chain.Data()));
                Check(Now(chain.Inspect(static () => new Content(), edits)));
                chain.Abort();
            }
            ValueTask closed = chain.Close();
            Assert.True(closed.IsCompletedSuccessfully);
            chain.Dispose();
            Assert.All(warnings, static warning => Assert.DoesNotContain(warning, static c => char.IsControl(c)));
        });

    private static void Check(MilterVerdict? verdict)
    {
        if (verdict?.Decision == MilterDecision.Refuse)
            Assert.Matches(Replies(), verdict.Text);
        else if (verdict is not null)
            Assert.DoesNotContain(verdict.Text, static c => char.IsControl(c));
    }

    [GeneratedRegex(@"\A([45][0-9]{2}-[^\r\n\0]*\n)*[45][0-9]{2} [^\r\n\0]*\z")]
    private static partial Regex Replies();

    private static T Now<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    private sealed class Network(byte[] input, Random random) : IMilterNetwork
    {
        public ValueTask<IMilterLink> Connect(MilterEndpoint endpoint, TimeSpan timeout) => new(new Link(input, random));
    }

    // The octets come in pieces of any size.
    private sealed class Link(byte[] input, Random random) : IMilterLink
    {
        private int _at;

        public Descriptor Socket { get; } = Descriptor.OpenDevNull();

        public ValueTask<int> Read(Memory<byte> buffer, Deadline limit)
        {
            int n = Math.Min(Math.Min(buffer.Length, input.Length - _at), 1 + random.Next(random.Next(2) == 0 ? 3 : 2000));
            input.AsSpan(_at, n).CopyTo(buffer.Span);
            _at += n;
            return new(n);
        }

        public ValueTask Write(ReadOnlyMemory<byte> octets, Deadline limit) => default;

        public void Dispose() => Socket.Dispose();
    }

    private sealed class Content : IMilterContent
    {
        private int _headers, _lines;

        public bool NextHeader(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            name = "Subject"u8;
            value = " s"u8;
            return _headers++ < 2;
        }

        public ReadOnlySpan<byte> NextBody() => _lines++ < 3 ? "line\r\n"u8 : default;
    }

    private sealed class Edits : IMessageEdits
    {
        private bool _hasBody;

        private static void Header(string name) => Assert.DoesNotContain(name, static c => c is <= ' ' or ':' or > '~');

        public void AddHeader(string name, string value) => Header(name);

        public void InsertHeader(int index, string name, string value)
        {
            Assert.True(index >= 0);
            Header(name);
        }

        public void ChangeHeader(int index, string name, string value)
        {
            Assert.True(index >= 1);
            Header(name);
        }

        public void DeleteHeader(int index, string name) => Header(name);

        public void ChangeSender(string address, string parameters)
        {
        }

        public void AddRecipient(string address, string parameters)
        {
        }

        public void DeleteRecipient(string address)
        {
        }

        public void ReplaceBody(ReadOnlySpan<byte> piece) => _hasBody = true;

        public void EndBody() => Assert.True(_hasBody);
    }
}
