using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class SevenBitContentTests
{
    [Theory] // content before and after, lines separated by |
    [InlineData("Subject: x||caf\u00c3\u00a9", "Subject: x||caf\u00c3\u00a9")] // not declared: as it is
    [InlineData("Content-Transfer-Encoding: 8bit|Subject: x||caf\u00c3\u00a9", "Subject: x|Content-Transfer-Encoding: quoted-printable||caf=C3=A9")]
    [InlineData("content-transfer-encoding : (c\\)) 8BIT (x)|S: x||a", "S: x|Content-Transfer-Encoding: quoted-printable||a")]
    [InlineData("Content-Transfer-Encoding:| 8bit|S: x||\u00e9", "S: x|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData("Content-Transfer-Encoding: binary||a\rb\0", "Content-Transfer-Encoding: quoted-printable||a=0Db=00")]
    [InlineData("Content-Transfer-Encoding: 7bit||\u00e9", "Content-Transfer-Encoding: 7bit||\u00e9")]
    [InlineData("Content-Transfer-Encoding: base64|S: x||w6k=", "Content-Transfer-Encoding: base64|S: x||w6k=")]
    [InlineData("Content-Transfer-Encoding: 8bit||a=b|end |tab\t|  x y||.", "Content-Transfer-Encoding: quoted-printable||a=3Db|end=20|tab=09|  x y||.")]
    // A multipart is declared 7bit, its parts are converted one by one.
    [InlineData(
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 8bit||pre|--b b|Content-Transfer-Encoding: 8bit||\u00e9|--b b||\u00e9|--b b|Content-Transfer-Encoding: base64||w6k=|--b b--|post",
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 7bit||pre|--b b|Content-Transfer-Encoding: quoted-printable||=E9|--b b||\u00e9|--b b|Content-Transfer-Encoding: base64||w6k=|--b b--|post")]
    // One boundary begins with the other; the outer one ends the inner multipart.
    [InlineData(
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; BOUNDARY=ab||--ab|Content-Transfer-Encoding: 8bit||\u00e9|--a|Content-Transfer-Encoding: 8bit||--ab|\u00e9|--a--",
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; BOUNDARY=ab||--ab|Content-Transfer-Encoding: quoted-printable||=E9|--a|Content-Transfer-Encoding: quoted-printable||--ab|=E9|--a--")]
    // An attached message has a header of its own.
    [InlineData(
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 8bit||Subject: i|Content-Transfer-Encoding: 8bit||\u00e9",
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 7bit||Subject: i|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData(
        "Content-Type: multipart/digest; boundary=a||--a||Content-Transfer-Encoding: 8bit||\u00e9|--a--",
        "Content-Type: multipart/digest; boundary=a||--a||Content-Transfer-Encoding: quoted-printable||=E9|--a--")]
    // Dense content becomes base64; the line ending before a boundary is not part of it.
    [InlineData("Content-Type: image/png|Content-Transfer-Encoding: binary||\u0089PNG|\u00ff", "Content-Type: image/png|Content-Transfer-Encoding: base64||iVBORw0K/w0K")]
    [InlineData(
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: Application/X|Content-Transfer-Encoding: 8bit||\u00ff|--a--",
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: Application/X|Content-Transfer-Encoding: base64||/w==|--a--")]
    // Headers are not covered; a message with UTF-8 headers may be encoded as a whole, other messages never.
    [InlineData("Subject: caf\u00e9|Content-Transfer-Encoding: 8bit||\u00e9", "Subject: caf\u00e9|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData("Content-Type: message/global|Content-Transfer-Encoding: 8bit||Subject: \u00e9", "Content-Type: message/global|Content-Transfer-Encoding: quoted-printable||Subject: =E9")]
    [InlineData("Content-Type: message/delivery-status|Content-Transfer-Encoding: 8bit||Action: failed", "Content-Type: message/delivery-status|Content-Transfer-Encoding: 7bit||Action: failed")]
    // After an inner multipart the parts of a digest are messages again; attached messages side by side are not nested.
    [InlineData(
        "Content-Type: multipart/digest; boundary=a||--a|Content-Type: multipart/mixed; boundary=b||--b||x|--b--|--a||Content-Transfer-Encoding: 8bit||\u00e9|--a--",
        "Content-Type: multipart/digest; boundary=a||--a|Content-Type: multipart/mixed; boundary=b||--b||x|--b--|--a||Content-Transfer-Encoding: quoted-printable||=E9|--a--")]
    // A multipart that cannot be looked into does not claim to be 7bit.
    [InlineData("Content-Type: multipart/mixed|Content-Transfer-Encoding: 8bit||--a|\u00e9", "Content-Type: multipart/mixed|Content-Transfer-Encoding: 8bit||--a|\u00e9")]
    // A part without an end, and one within a multipart without an end.
    [InlineData("Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit||\u00e9", "Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData(
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/mixed; boundary=b||--b|Content-Transfer-Encoding: 8bit||\u00e9|--a|Content-Transfer-Encoding: 8bit||\u00e9|--a--",
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/mixed; boundary=b||--b|Content-Transfer-Encoding: quoted-printable||=E9|--a|Content-Transfer-Encoding: quoted-printable||=E9|--a--")]
    // Looks like a boundary, is none.
    [InlineData(
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit||--ab|-- a|--|x--a|--a--x|\u00e9|--a-- ",
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: quoted-printable||--ab|-- a|--|x--a|--a--x|=E9|--a-- ")]
    // Damaged: nothing is lost.
    [InlineData("Content-Transfer-Encoding: 8bit|no header|\u00e9", "Content-Transfer-Encoding: 8bit|no header|\u00e9")]
    [InlineData("Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: 8bit")]
    [InlineData("Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit|--a--|x", "Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit|--a--|x")]
    [InlineData("Content-Type: multipart/mixed; boundary=||--|Content-Transfer-Encoding: 8bit||\u00e9", "Content-Type: multipart/mixed; boundary=||--|Content-Transfer-Encoding: 8bit||\u00e9")]
    public void Conversion(string before, string after)
    {
        Assert.Equal(after, Convert(before, whole: true));
        Assert.Equal(after, Convert(before, whole: false));
    }

    // RFC 2045 section 6.7 rule 5, in whatever pieces the line comes.
    [Theory]
    [InlineData(" ", 1, 3)]
    [InlineData(" -=\t", 1, 2)]
    [InlineData("\r", 1, 2)]
    [InlineData("\r", 9, 10)]
    [InlineData("\r ", 1, 1)]
    [InlineData("-", 1, 1)]
    [InlineData("\u00ff-\r ", 1, 1)]
    public void Encoded_lines_are_short_and_decode_to_the_original(string some, int share, int of)
    {
        Random random = new(5);
        StringBuilder line = new();
        for (int i = 0; i < 5000; i++)
        {
            char other = (char)random.Next(32, 256);
            line.Append(random.Next(of) < share || other == '|' ? some[random.Next(some.Length)] : other);
        }
        string text = line.ToString();
        foreach (bool whole in new[] { true, false })
        {
            string[] encoded = Convert($"Content-Transfer-Encoding: 8bit||{text}", whole).Split('|')[2..];
            Assert.All(encoded, l => Assert.True(l.Length <= 76 && !l.EndsWith(' ')));
            Assert.All(encoded[1..], l => Assert.False(l.StartsWith('-')));
            Assert.True(encoded.Sum(l => l.Length + 2) <= 4 * text.Length + 2);
            Assert.Equal(text, DecodeQuotedPrintable(encoded));
        }
    }

    private static string DecodeQuotedPrintable(string[] lines)
    {
        StringBuilder decoded = new();
        string joined = string.Concat(lines.Select((l, i) => i < lines.Length - 1 ? l[..^1] : l));
        Assert.All(lines[..^1], l => Assert.EndsWith("=", l, StringComparison.Ordinal));
        for (int i = 0; i < joined.Length; i++)
        {
            if (joined[i] == '=')
            {
                decoded.Append((char)System.Convert.ToInt32(joined.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                decoded.Append(joined[i]);
            }
        }
        return decoded.ToString();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Base64_is_what_it_was(bool whole)
    {
        Random random = new(6);
        for (int length = 0; length < 300; length++)
        {
            string text = string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(32, 256))).Replace('|', 'x');
            string[] encoded = Convert($"Content-Type: image/png|Content-Transfer-Encoding: 8bit||{text}|", whole).Split('|')[3..];
            Assert.All(encoded[..^1], l => Assert.Equal(76, l.Length));
            Assert.Equal(text + "\r\n\r\n", Encoding.Latin1.GetString(System.Convert.FromBase64String(string.Concat(encoded))));
        }
    }

    // A long body costs no more memory than a short one.
    [Theory]
    [InlineData("text/plain")]
    [InlineData("image/png")]
    public void Memory_does_not_grow_with_the_message(string type)
    {
        long sent = 0;
        MessageBody body = new(octets => sent += octets.Length, 0, () => { });
        SevenBitContent converter = new(body.Add);
        converter.Add(Encoding.ASCII.GetBytes($"Content-Type: {type}"), true);
        converter.Add("Content-Transfer-Encoding: 8bit"u8, true);
        converter.Add([], true);
        byte[] line = Encoding.Latin1.GetBytes(new string('\u00e9', 500) + new string('\r', 20));
        converter.Add(line, true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 40_000; i++)
            converter.Add(line, i % 3 > 0);
        converter.End();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sent > 20_000_000);
    }

    // The table of RFC 2045 section 5: value, type, boundary. Where MimeKit's two readers disagree with us, see EntityHeader.
    [Theory]
    [InlineData("text/plain", "text/plain", null)]
    [InlineData(" TEXT / Plain ; charset=us-ascii", "text/plain", null)]
    [InlineData(" (a) text (b)/(c) html (d); charset=x", "text/html", null)]
    [InlineData("multipart/mixed; boundary=a", "multipart/mixed", "a")]
    [InlineData("multipart/mixed;\r\n\tBOUNDARY=\"b b\"", "multipart/mixed", "b b")]
    [InlineData("multipart/mixed; x=\"boundary=no; y\"; boundary=yes", "multipart/mixed", "yes")]
    [InlineData("multipart/mixed; boundary=a (comment)", "multipart/mixed", "a")]
    [InlineData("multipart/mixed; (boundary=no) boundary=yes", "multipart/mixed", "yes")]
    [InlineData("multipart/mixed; boundary=----=_Part_1; type=x", "multipart/mixed", "----=_Part_1")] // should be quoted
    [InlineData("multipart/mixed; boundary=a b", "multipart/mixed", "a b")] // likewise
    [InlineData("multipart/mixed; boundary=\"unclosed", "multipart/mixed", "unclosed")]
    [InlineData("multipart/mixed; boundary=a; boundary=b", "multipart/mixed", "a")]
    [InlineData("multipart/mixed;; boundary=a;", "multipart/mixed", "a")]
    [InlineData("multipart/mixed; junk; boundary=a", "multipart/mixed", null)]
    [InlineData("multipart/mixed; boundary=", "multipart/mixed", null)]
    [InlineData("multipart/mixed; boundary=\"\"", "multipart/mixed", null)]
    [InlineData("multipart/mixed; boundary=\"caf\u00e9\"", "multipart/mixed", null)] // RFC 2046 section 5.1.1: ASCII
    [InlineData("multipart/mixed; boundary*0=a; boundary*1=b", "multipart/mixed", null)]
    [InlineData("multipart/mixed; boundary=\"=?utf-8?q?x?=\"", "multipart/mixed", null)] // MimeKit decodes it
    [InlineData("multipart/mixed; boundary=\"=?utf-8?q?\u00e9?=\"", "multipart/mixed", null)]
    [InlineData("text", null, null)]
    [InlineData("", null, null)]
    [InlineData("/plain", null, null)]
    [InlineData("text/", null, null)]
    [InlineData("\"text\"/plain", null, null)]
    [InlineData("(unclosed text/plain", null, null)]
    public void Content_type(string value, string? type, string? boundary)
    {
        (string? readType, byte[]? readBoundary) = EntityHeader.ContentType(Encoding.Latin1.GetBytes(value));
        Assert.Equal((type, boundary), (readType, readBoundary is null ? null : Encoding.Latin1.GetString(readBoundary)));
    }

    [Theory]
    [InlineData(" 8bit", true)]
    [InlineData("8BIT", true)]
    [InlineData("Binary", true)]
    [InlineData(" (c\\)) 8bit (x)", true)]
    [InlineData("\r\n 8bit", true)]
    [InlineData("8bit;", true)]
    [InlineData("7bit", false)]
    [InlineData("base64", false)]
    [InlineData("quoted-printable", false)]
    [InlineData("(8bit) 7bit", false)]
    [InlineData("8 bit", false)]
    [InlineData("x-8bit", false)]
    [InlineData("", false)]
    public void Content_transfer_encoding(string value, bool isEightBit) => Assert.Equal(isEightBit, EntityHeader.IsEightBit(Encoding.Latin1.GetBytes(value)));

    [Fact]
    public void A_hundred_messages_side_by_side_are_all_looked_into()
    {
        string part = "--a|Content-Type: message/rfc822||Content-Transfer-Encoding: 8bit||\u00e9|";
        string before = "Content-Type: multipart/mixed; boundary=a||" + string.Concat(Enumerable.Repeat(part, 150)) + "--a--";
        Assert.DoesNotContain("\u00e9", Convert(before, whole: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Entities_nested_too_deep_stay_as_they_are()
    {
        StringBuilder before = new();
        for (int i = 0; i < 200; i++)
            before.Append($"Content-Type: multipart/mixed; boundary=b{i}|Content-Transfer-Encoding: 8bit||--b{i}|");
        before.Append("Content-Transfer-Encoding: 8bit||\u00e9");
        string after = Convert(before.ToString(), whole: true);
        Assert.Equal(SevenBitContent.MostNested, after.Split("Encoding: 7bit").Length - 1);
        Assert.Equal(1, after.Split("\u00e9").Length - 1 + after.Split("=E9").Length - 1);
    }

    // What Python's parser, which shares no code with us, finds in the message before and after: the same tree of entities,
    // the same decoded content, no new defects.
    [Fact]
    public void Python_finds_the_same_before_and_after()
    {
        const string Script = """
            import sys, json, email, email.policy
            def leaves(raw):
                m = email.message_from_bytes(raw, policy=email.policy.default)
                return [(p.get_content_type(), str(p.get_content_charset()), str(p.get_filename()), [type(d).__name__ for d in p.defects],
                    None if p.is_multipart() else p.get_payload(decode=True).hex()) for p in m.walk()]
            out = []
            for before, after in json.load(sys.stdin):
                before, after = before.encode('latin-1'), after.encode('latin-1')
                out.append([leaves(before) == leaves(after), max(after) < 128, max(map(len, after.split(b'\r\n'))) <= 998])
            print(json.dumps(out))
            """;
        string binary = string.Concat(Enumerable.Range(0, 2000).Select(i => (char)(i * 7 % 256))).Replace('|', 'x').Replace('\n', 'y').Replace('\r', 'z');
        string[] messages =
        [
            "MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: 8bit||caf\u00c3\u00a9 |--=|. |" + new string('\u00c3', 3000),
            $"MIME-Version: 1.0|Content-Type: application/octet-stream; name=\"a b\"|Content-Disposition: attachment; filename=\"a b\"|Content-Transfer-Encoding: binary||{binary}|{binary}",
            $"MIME-Version: 1.0|Content-Type: multipart/mixed;|\tboundary=\"=_x\"|Content-Transfer-Encoding: 8bit||pre|--=_x|Content-Type: text/html; charset=iso-8859-1|Content-Transfer-Encoding: 8bit||\u00e9||--=_x|Content-Type: image/png|Content-Transfer-Encoding: binary||{binary}|--=_x|Content-Type: image/gif|Content-Transfer-Encoding: base64||w6k=|--=_x--|post",
            "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=a|Content-Transfer-Encoding: 8bit||--a|Content-Type: multipart/alternative; boundary=ab|Content-Transfer-Encoding: 8bit||--ab|Content-Transfer-Encoding: 8bit||\u00e9|--ab|Content-Type: text/html|Content-Transfer-Encoding: 8bit||<b>\u00e9|--ab--|--a|Content-Type: message/rfc822|Content-Transfer-Encoding: 8bit||Subject: i|MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=c|Content-Transfer-Encoding: 8bit||--c|Content-Type: text/plain; charset=koi8-r|Content-Transfer-Encoding: 8bit||\u00c1\u00c2|--c--|--a--",
            "MIME-Version: 1.0|Content-Type: multipart/digest; boundary=a|Content-Transfer-Encoding: 8bit||--a||Subject: 1|Content-Transfer-Encoding: 8bit||\u00e9|--a||Subject: 2|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: 8bit||\u00c3\u00a9|--a--",
            "MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=a|Content-Transfer-Encoding: 8bit||--a|Content-Transfer-Encoding: 8bit||unterminated \u00e9",
            "MIME-Version: 1.0|Content-Type: multipart/report; report-type=delivery-status; boundary=a|Content-Transfer-Encoding: 8bit||--a|Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: 8bit||\u00c3\u00a9|--a|Content-Type: message/delivery-status|Content-Transfer-Encoding: 8bit||Reporting-MTA: dns; x||Final-Recipient: rfc822; a@b|Action: failed|--a|Content-Type: text/rfc822-headers|Content-Transfer-Encoding: 8bit||Subject: \u00c3\u00a9|--a--",
        ];
        string input = JsonSerializer.Serialize(messages.Select(m => new[] { m.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n", Convert(m, whole: true).Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n" }));
        ProcessStartInfo start = new("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process python = Process.Start(start)!;
        python.StandardInput.Write(input);
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.Equal($"[{string.Join(',', Enumerable.Repeat("[true,true,true]", messages.Length))}]", output.Replace(" ", "", StringComparison.Ordinal).Trim());
    }

    [Fact]
    public void A_huge_header_is_passed_in_bounded_memory()
    {
        StringBuilder before = new("Content-Transfer-Encoding: 8bit");
        for (int i = 0; i < 400; i++)
            before.Append("|X: ").Append('x', 1000);
        before.Append("||\u00e9");
        Assert.Equal(before.ToString(), Convert(before.ToString(), whole: true));
    }

    private static string Convert(string content, bool whole)
    {
        StringBuilder sent = new();
        MessageBody body = new(octets => sent.Append(Encoding.Latin1.GetString(octets)), 0, () => { });
        SevenBitContent converter = new(body.Add);
        foreach (string line in content.Split('|'))
        {
            byte[] octets = Encoding.Latin1.GetBytes(line);
            if (whole)
            {
                converter.Add(octets, true);
                continue;
            }
            // As the queue file cuts long lines, only not within the first bytes that make a boundary.
            int cut = Math.Min(octets.Length, 30);
            converter.Add(octets.AsSpan(0, cut), false);
            foreach (byte b in octets.AsSpan(cut))
                converter.Add([b], false);
            converter.Add([], true);
        }
        converter.End();
        body.Finish([]);
        // Unstuff the dots that MessageBody adds.
        return sent.ToString().Replace("\r\n..", "\r\n.", StringComparison.Ordinal).TrimEnd('\n').TrimEnd('\r').Replace("\r\n", "|", StringComparison.Ordinal);
    }
}
