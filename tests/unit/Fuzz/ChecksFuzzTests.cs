using System.Text;
using PostfixNet.Checks;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Content in which parts are looked for.</summary>
public sealed class ChecksFuzzTests
{
    private const int Shortest = 20;

    private static readonly string[] s_corpus =
    [
        "Content-Type: multipart/mixed; boundary=\"b b\"\n\npre\n--b b\nContent-Type: message/rfc822\n\nSubject: x\n y\n\n\u00e9\n--b b--\npost",
        "Content-Type: message/rfc822\n\nContent-Type: multipart/digest; boundary=a\n\n--a\n\nX: y\n\nz\n--a--\n",
        "Content-Type: (((\n\n--a\n", "Content-Type: multipart/x; boundary=a; boundary=b; boundary=c; boundary=d\n\n--d\n--c\n--b\nX : y\n--a\n",
    ];

    /// <summary>Puts the content together again.</summary>
    private sealed class Together : IMimeListener
    {
        internal List<byte> Content { get; } = [];

        private readonly HashSet<MimeError> _told = [];

        public void Header(HeaderPlace place, ReadOnlySpan<byte> header)
        {
            Assert.True(header.Length <= 200);
            Content.AddRange(header);
            Content.Add((byte)'\n');
        }

        public void Body(ReadOnlySpan<byte> piece, bool endsLine, long offset)
        {
            Assert.InRange(offset, 0, 1 << 20);
            Content.AddRange(piece);
            if (endsLine)
                Content.Add((byte)'\n');
        }

        public void Wrong(MimeError what, ReadOnlySpan<byte> text) => Assert.True(_told.Add(what), "told twice");
    }

    [Fact]
    public void Whatever_comes_goes_on_whole_and_the_same_wherever_it_is_cut()
    {
        Fuzzer fuzzer = new(
            s_corpus.Select(Encoding.Latin1.GetBytes),
            "\n", "\n\n", "--a", "--a--", "--b b", "boundary=", "\"", "(", ")", "\\", ";", "Content-Type: ", "multipart/mixed", "message/rfc822", "X:", "\0", "Content-Transfer-Encoding: base64", "\u00e9")
        {
            BaseBytes = 8 << 20, // of the test, which keeps all of it
        };
        fuzzer.Run((input, random) =>
        {
            string whole = Seen(input, int.MaxValue);
            string[] lines = Encoding.Latin1.GetString(input).Split('\n');
            // A line is judged by its first piece, which has a name whole, or is no header.
            if (lines.All(static line => line.IndexOf(':') < Shortest))
                Assert.Equal(whole, Seen(input, random.Next(Shortest, 40)));
            // Only what a header has beyond its limit, and blanks before its colon, are lost.
            Assert.True(whole.Length <= input.Length + 1);
            if (!lines.Any(static line => line.Length > 30 || line.Contains(" :", StringComparison.Ordinal) || line.Contains("\t:", StringComparison.Ordinal)) && input.Length < 200)
                Assert.Equal(Encoding.Latin1.GetString(input) + "\n", whole);
        });
    }

    // The first line is a header of the message, the second ends its headers.
    private static string Seen(byte[] content, int piece)
    {
        Together together = new();
        MimeMachine machine = new(new MimeLimits(2, 10, 200, MimeStrictness.Headers | MimeStrictness.Bodies | MimeStrictness.Encodings, IsSeen: true), together);
        int number = 0;
        foreach (Range range in MemoryExtensions.Split<byte>(content, (byte)'\n'))
        {
            ReadOnlySpan<byte> line = content.AsSpan(range);
            if (number++ == 0)
            {
                machine.Header(line);
                together.Content.AddRange(line);
                together.Content.Add((byte)'\n');
                continue;
            }
            bool isFirst = number == 2;
            for (int length = piece; line.Length > length; line = line[length..], isFirst = false)
                Give(line[..length], endsLine: false, isFirst);
            Give(line, endsLine: true, isFirst);
        }
        machine.End();
        return Encoding.Latin1.GetString([.. together.Content]);

        void Give(ReadOnlySpan<byte> text, bool endsLine, bool endsHeaders)
        {
            if (endsHeaders)
                machine.EndHeaders(text, endsLine);
            else
                machine.Text(text, endsLine);
        }
    }
}
