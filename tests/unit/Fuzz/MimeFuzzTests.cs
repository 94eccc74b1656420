using System.Text;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Messages on their way to a server without 8BITMIME.</summary>
public sealed class MimeFuzzTests
{
    private const string Encoding8 = "Content-Transfer-Encoding: 8bit", EncodingQp = "Content-Transfer-Encoding: quoted-printable";

    [Fact]
    public void Any_content_gets_through_in_lines_that_fit()
    {
        Fuzzer fuzzer = new(
            new[]
            {
                "Subject: x\nContent-Transfer-Encoding: 8bit\n\ncaf\u00e9 \n.\n--\n",
                "Content-Type: multipart/mixed; boundary=\"b b\"\nContent-Transfer-Encoding: 8bit\n\npre\n--b b\nContent-Transfer-Encoding: 8bit\n\n\u00e9\n--b b\n\n\u00e9\n--b b--\npost",
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\nSubject: i\nContent-Transfer-Encoding: 8bit\n\n\u00e9",
                "Content-Type: multipart/digest; boundary=a\n\n--a\n\nContent-Transfer-Encoding: 8bit\n\n\u00e9\n--a--\n",
                $"Content-Transfer-Encoding: 8bit\nX: {new string('h', 3000)}\n\n{new string('\u00e9', 3000)}\n{new string(' ', 3000)}",
            }.Select(Encoding.Latin1.GetBytes),
            "\n", "\n\n", "--a", "--a--", "--b b", "boundary=", "\"", "(", ")", "\\", "8bit", "Content-Type: ", "multipart/mixed", "message/rfc822", Encoding8 + "\n");
        fuzzer.Run((input, random) =>
        {
            string[] output = Convert(input, random, limit: 998);
            Assert.All(output, line => Assert.True(line.Length <= 998, $"a line of {line.Length} octets"));
            // Conversion rewrites headers and encodes: it makes at most three octets of one, and breaks lines.
            Assert.InRange(output.Sum(l => l.Length + 2), 0, 4 * input.Length + 200);
            // Content that declares nothing goes out as it came.
            if (!Encoding.Latin1.GetString(input).Contains("8bit", StringComparison.OrdinalIgnoreCase)
                && !Encoding.Latin1.GetString(input).Contains("binary", StringComparison.OrdinalIgnoreCase))
                Assert.Equal(Lines(input), Convert(input, random, limit: 0));
        });
    }

    [Fact]
    public void What_is_converted_decodes_to_what_it_was()
    {
        // The corpus only gives the fuzzer something to chew: the message is made by chance.
        new Fuzzer([[1]]) { BaseBytes = 64 << 20 }.Run((_, random) =>
        {
            List<string> message = [], expected = [];
            int boundaries = 0;
            AddEntity(message, expected, random, 0, ref boundaries);
            string[] output = Convert(Encoding.Latin1.GetBytes(string.Join('\n', message)), random, limit: 0);
            Assert.All(output, line => Assert.True(line.All(char.IsAscii), "8-bit octets are left"));
            Assert.Equal(expected, Decoded(output));
        });
    }

    // What the message is, and what it should decode to: encodings of leaves left out, those of others changed to 7bit.
    private static void AddEntity(List<string> message, List<string> expected, Random random, int depth, ref int boundaries)
    {
        void Both(string line)
        {
            message.Add(line);
            expected.Add(line);
        }
        bool declares = random.Next(3) > 0;
        int kind = depth < 4 ? random.Next(3) : 0;
        // One boundary may begin with another.
        string boundary = $"b{boundaries++}";
        List<string> header = [$"X-Depth: {depth}", "X-Folded: a", "\tb"];
        if (kind == 1)
            header.Add(random.Next(2) == 0 ? $"Content-Type: multipart/mixed; boundary={boundary}" : $"content-type:\n multipart/x; a=\"b;c\"; (x) Boundary=\"{boundary}\"");
        if (kind == 2)
            header.Add("Content-Type: message/rfc822");
        foreach (string line in header.SelectMany(static h => h.Split('\n')))
            Both(line);
        if (declares)
            message.Insert(message.Count - random.Next(header.Count == 3 ? 1 : 0), random.Next(2) == 0 ? Encoding8 : "content-transfer-encoding: (c)\n 8BIT");
        if (declares && kind != 0)
            expected.Add("Content-Transfer-Encoding: 7bit");
        Both("");
        switch (kind)
        {
            case 1:
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    Both($"--{boundary}");
                    AddEntity(message, expected, random, depth + 1, ref boundaries);
                }
                Both($"--{boundary}--");
                break;
            case 2:
                AddEntity(message, expected, random, depth + 1, ref boundaries);
                break;
            default:
                for (int i = random.Next(6); i > 0; i--)
                    Both(Line(random, declares));
                break;
        }
    }

    private static string Line(Random random, bool eightBit)
    {
        char[] line = new char[random.Next(4) == 0 ? random.Next(900) : random.Next(80)];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = random.Next(4) switch
            {
                0 => " \t=.-\r"[random.Next(6)],
                1 when eightBit => (char)random.Next(128, 256),
                _ => (char)random.Next(33, 127),
            };
        }
        string text = new(line);
        // What looks like a boundary would be one.
        return text.StartsWith("--", StringComparison.Ordinal) ? "x" + text : text;
    }

    // An entity that says so is quoted-printable up to the next line that begins with "--": encoded lines and ours never do.
    private static List<string> Decoded(string[] output)
    {
        List<string> decoded = [];
        bool inHeader = true, isEncoded = false;
        StringBuilder open = new();
        foreach (string line in output)
        {
            if (line.StartsWith("--", StringComparison.Ordinal))
            {
                (inHeader, isEncoded) = (!line.EndsWith("--", StringComparison.Ordinal), false);
                decoded.Add(line);
            }
            else if (inHeader)
            {
                if (line == EncodingQp)
                {
                    isEncoded = true;
                    continue;
                }
                decoded.Add(line);
                // An attached message has a header of its own.
                inHeader = line.Length > 0 || LastHeader(decoded).Contains("Content-Type: message/rfc822");
            }
            else if (isEncoded)
            {
                Assert.InRange(line.Length, 0, 76);
                bool soft = line.EndsWith('=');
                Decode(open, soft ? line[..^1] : line);
                if (soft)
                    continue;
                decoded.Add(open.ToString());
                open.Clear();
            }
            else
            {
                decoded.Add(line);
            }
        }
        Assert.Equal(0, open.Length);
        return decoded;
    }

    private static List<string> LastHeader(List<string> lines)
    {
        int end = lines.Count - 1, start = end;
        while (start > 0 && lines[start - 1].Length > 0 && !lines[start - 1].StartsWith("--", StringComparison.Ordinal))
            start--;
        return lines[start..end];
    }

    private static void Decode(StringBuilder text, string line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '=')
            {
                text.Append(line[i]);
                continue;
            }
            text.Append((char)System.Convert.ToInt32(line.Substring(i + 1, 2), 16));
            i += 2;
        }
    }

    private static string[] Convert(byte[] content, Random random, int limit)
    {
        StringBuilder sent = new();
        MessageBody body = new(octets => sent.Append(Encoding.Latin1.GetString(octets)), limit, static () => { });
        SevenBitContent converter = new(body.Add);
        foreach (string line in Lines(content))
        {
            ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(line);
            // As the queue file cuts long lines.
            while (rest.Length > 100 && random.Next(3) > 0)
            {
                int cut = random.Next(80, rest.Length);
                converter.Add(rest[..cut], false);
                rest = rest[cut..];
            }
            converter.Add(rest, true);
        }
        converter.End();
        body.EndOpenLine();
        body.Finish([]);
        string[] lines = sent.ToString().Split("\r\n");
        Assert.Equal("", lines[^1]);
        // The receiving end takes doubled dots off.
        return [.. lines[..^1].Select(static l => l.StartsWith('.') ? l[1..] : l)];
    }

    private static string[] Lines(byte[] content) => Encoding.Latin1.GetString(content).Split('\n');
}
