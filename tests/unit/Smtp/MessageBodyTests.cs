using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Queue;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class MessageBodyTests
{
    [Theory] // records: N ends a line, L does not; limit 10; what goes over the wire
    [InlineData("N:a|N:b", "a\r\nb\r\n")]
    [InlineData("", "")]
    [InlineData("N:", "\r\n")]
    [InlineData("N:.", "..\r\n")]
    [InlineData("N:..", "...\r\n")]
    [InlineData("N:.a|N:b.", "..a\r\nb.\r\n")]
    [InlineData("L:.a|N:.b", "..a.b\r\n")]
    [InlineData("L:|N:.b", "..b\r\n")]
    [InlineData("L:a|N:", "a\r\n")]
    [InlineData("L:a", "a\r\n")] // no final newline
    [InlineData("N:a|L:b", "a\r\nb\r\n")]
    [InlineData("N:a\rb", "a\rb\r\n")] // bare CR
    [InlineData("N:a\0b\0", "a\0b\0\r\n")]
    [InlineData("N:\u00e9\u00ff", "\u00e9\u00ff\r\n")]
    [InlineData("N:0123456789", "0123456789\r\n")]
    [InlineData("N:0123456789a", "0123456789\r\n a\r\n")]
    [InlineData("N:0123456789abcdefghi", "0123456789\r\n abcdefghi\r\n")]
    [InlineData("N:0123456789abcdefghij", "0123456789\r\n abcdefghi\r\n j\r\n")]
    [InlineData("L:0123456789|N:", "0123456789\r\n")]
    [InlineData("L:01234|L:56789|N:a", "0123456789\r\n a\r\n")]
    [InlineData("N:.123456789", "..123456789\r\n")] // the doubled dot does not count
    [InlineData("N:0123456789.", "0123456789\r\n .\r\n")]
    public void Content_goes_out_byte_for_byte(string records, string want)
    {
        Assert.Equal(want, Send(records, 10, out _));
        Assert.Equal(want, Send(records, 10, out _, bufferAtATime: false));
    }

    [Theory] // A header is folded at a blank where it has one; no break is within a UTF-8 character
    [InlineData("N:S: abc def ghi", "S: abc\r\n def ghi\r\n")]
    [InlineData("N:S: abcdefghijk", "S: abcdefg\r\n hijk\r\n")] // a name alone is no line
    [InlineData("N:S: a|N:|N:abc def ghi j", "S: a\r\n\r\nabc def gh\r\n i j\r\n")]
    [InlineData("N:S: a|N:  bcd efg hijk", "S: a\r\n  bcd efg\r\n hijk\r\n")]
    [InlineData("N:|N:01234567\u00c3\u00bc\u00c3\u00bc", "\r\n01234567\u00c3\u00bc\r\n \u00c3\u00bc\r\n")]
    [InlineData("N:|N:012345678\u00c3\u00bc\u00c3\u00bc", "\r\n012345678\r\n \u00c3\u00bc\u00c3\u00bc\r\n")]
    [InlineData("N:|N:01234567\u00e2\u0082\u00ac\u00e2\u0082\u00ac", "\r\n01234567\r\n \u00e2\u0082\u00ac\u00e2\u0082\u00ac\r\n")]
    [InlineData("N:|N:0123456\u00f0\u009f\u0092\u00a9x", "\r\n0123456\r\n \u00f0\u009f\u0092\u00a9x\r\n")]
    [InlineData("N:|L:012345678\u00c3|N:\u00bcabc", "\r\n012345678\r\n \u00c3\u00bcabc\r\n")] // in two records
    [InlineData("N:|L:012345678\u00e2|L:\u0082|N:\u00ac", "\r\n012345678\r\n \u00e2\u0082\u00ac\r\n")]
    [InlineData("N:|L:0\u00e2|N:a", "\r\n0\u00e2a\r\n")]
    [InlineData("N:|L:0\u00e2", "\r\n0\u00e2\r\n")]
    [InlineData("N:|N:0123456789\u0080\u0080\u0080\u0080\u0080", "\r\n0123456789\r\n \u0080\u0080\u0080\u0080\u0080\r\n")] // no UTF-8
    public void Long_lines_are_folded_or_broken(string records, string want) => Assert.Equal(want, Send(records, 10, out _));

    [Fact]
    public void Line_limit_zero_breaks_nothing()
    {
        string line = new('x', 100_000);
        Assert.Equal(line + "\r\n", Send("N:" + line, 0, out int broken));
        Assert.Equal(0, broken);
    }

    [Fact]
    public void Breaking_is_told_once()
    {
        Send("N:" + new string('x', 50) + "|N:" + new string('y', 50), 10, out int broken);
        Assert.Equal(1, broken);
    }

    [Fact]
    public void A_small_message_and_its_final_dot_are_one_write()
    {
        List<int> writes = [];
        MessageBody body = new(octets => writes.Add(octets.Length), 998, () => { });
        for (int i = 0; i < 100; i++)
            body.Add("0123456789"u8, true);
        body.Finish(".\r\nQUIT\r\n"u8);
        Assert.Equal([1200 + 9], writes);
    }

    [Fact]
    public void A_large_message_uses_full_buffers()
    {
        List<int> writes = [];
        MessageBody body = new(octets => writes.Add(octets.Length), 998, () => { });
        byte[] line = new byte[100];
        for (int i = 0; i < 10_000; i++)
            body.Add(line, true);
        body.Finish(".\r\n"u8);
        Assert.Equal(1_020_003, writes.Sum());
        Assert.All(writes.SkipLast(1), n => Assert.Equal(MessageBody.BufferSize, n));
    }

    [Fact]
    public void Damaged_content_is_an_error_before_the_end()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [(byte)'N', 1, (byte)'a', (byte)'N', 5, (byte)'b']);
        using SafeFileHandle handle = File.OpenHandle(path);
        File.Delete(path);
        MessageBody body = new(_ => { }, 998, () => { });
        Assert.Throws<QueueFileException>(() => body.Copy(new ContentReader(handle, 0)));
    }

    private static string Send(string records, int limit, out int broken, bool bufferAtATime = true)
    {
        string path = Path.GetTempFileName();
        using (MemoryStream file = new())
        {
            foreach (string record in records.Split('|', StringSplitOptions.RemoveEmptyEntries))
                SmtpRig.Record(file, record[0], Encoding.Latin1.GetBytes(record[2..]));
            SmtpRig.Record(file, 'X', []);
            File.WriteAllBytes(path, file.ToArray());
        }
        using SafeFileHandle handle = File.OpenHandle(path);
        File.Delete(path);
        StringBuilder sent = new();
        int count = 0;
        MessageBody body = new(octets => sent.Append(Encoding.Latin1.GetString(octets)), limit, () => count++);
        if (bufferAtATime)
        {
            body.Copy(new ContentReader(handle, 0));
        }
        else
        {
            // Octet by octet: where pieces end must not matter.
            ContentReader content = new(handle, 0);
            while (content.Read())
            {
                foreach (byte b in content.Piece)
                    body.Add([b], false);
                if (content.EndsLine)
                    body.Add([], true);
            }
            body.EndOpenLine();
        }
        body.Finish([]);
        broken = count;
        return sent.ToString();
    }
}
