using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public class RecordTests
{
    public static TheoryData<string> AllFiles => Vectors.QueueFiles();

    [Theory, MemberData(nameof(AllFiles))]
    public void Reads_the_records_that_Postfix_wrote(string name)
    {
        using SafeFileHandle file = FileSystem.Open(Vectors.PathOf(name));
        RecordReader reader = new(file, reportPointers: true);
        bool skipping = false;
        foreach (Vectors.DumpedRecord? want in Vectors.Dump(name))
        {
            if (want is null)
            {
                skipping = true;
                continue;
            }
            do
                Assert.True(reader.Read());
            while (skipping && reader.Offset < want.Offset);
            skipping = false;
            Assert.Equal((want.Offset, want.Type, want.Length), (reader.Offset, (char)reader.Type, reader.Payload.Length));
            string payload = Encoding.Latin1.GetString(reader.Payload);
            Assert.Equal(want.Payload, want.IsCut ? payload[..want.Payload.Length] : payload);
        }
        Assert.Equal(RecordType.End, reader.Type);
    }

    [Theory, MemberData(nameof(AllFiles))]
    public void Writes_the_same_bytes_that_Postfix_wrote(string name)
    {
        if (name.StartsWith("milter-edited", StringComparison.Ordinal))
            return; // what edited headers leave behind are no records
        using TemporaryDirectory directory = new();
        byte[] want = Vectors.Bytes(name);
        using MemoryStream stream = new();
        using SafeFileHandle file = FileSystem.TryCreate(directory.Path + "/out", 0x180)!;
        RecordWriter toStream = new(stream.Write), toFile = new(file);
        using SafeFileHandle source = FileSystem.Open(Vectors.PathOf(name));
        RecordReader reader = new(source, followPointers: false);
        while (reader.Read())
        {
            Assert.Equal(reader.Offset, toStream.Position);
            Assert.Equal(reader.Offset, toStream.Write(reader.Type, reader.Payload));
            Assert.Equal(reader.Offset, toFile.Write(reader.Type, reader.Payload));
            Assert.Equal(reader.NextOffset, toStream.Position);
        }
        toStream.Flush();
        toFile.Flush();
        Assert.Equal(want, stream.ToArray());
        Assert.Equal(want, File.ReadAllBytes(directory.Path + "/out"));
    }

    [Theory]
    [InlineData(0, "4E00")]
    [InlineData(95, "4E5F")]
    [InlineData(127, "4E7F")]
    [InlineData(128, "4E8001")]
    [InlineData(2048, "4E8010")]
    [InlineData(16383, "4EFF7F")]
    [InlineData(16384, "4E808001")]
    [InlineData(3_000_000, "4EC08DB701")]
    public void Lengths_are_base_128_least_significant_first(int length, string want)
    {
        using MemoryStream stream = new();
        RecordWriter writer = new(stream.Write);
        writer.Write(RecordType.Text, new byte[length]);
        writer.Write(RecordType.End);
        writer.Flush();
        Assert.Equal(want, Convert.ToHexString(stream.ToArray(), 0, want.Length / 2));
        stream.Position = 0;
        RecordReader reader = new(stream.Read, RecordReader.TrustedMaximumPayload);
        Assert.True(reader.Read());
        Assert.Equal(length, reader.Payload.Length);
        Assert.True(reader.Read());
        Assert.Equal(RecordType.End, reader.Type);
        Assert.False(reader.Read());
    }

    [Theory] // bytes, limit, want: types and payloads, or the error
    [InlineData("", 2048, "")]
    [InlineData("4E890061", 2048, "unexpected EOF in data, record type 78 length 9")]
    [InlineData("4E810061", 2048, "N'a' ")] // not minimal, but legal
    [InlineData("4E818080800061", 2048, "N'a' ")]
    [InlineData("4E81808080800061", 2048, "too many length bits, record type 78")]
    [InlineData("4EFFFFFFFF7F", 2048, "illegal length 34359738367, record type 78")]
    [InlineData("4E8110", 2048, "illegal length 2049, record type 78")]
    [InlineData("4E", 2048, "unexpected EOF in data, record type 78 length 0")]
    [InlineData("4E0261", 2048, "unexpected EOF in data, record type 78 length 2")]
    [InlineData("4E01614D00", 2048, "N'a' M'' ")]
    [InlineData("000100", 2048, "\0'\0' ")]
    public void Damaged_records_are_told_from_the_end(string hex, int limit, string want)
    {
        byte[] bytes = Convert.FromHexString(hex);
        using TemporaryDirectory directory = new();
        using SafeFileHandle file = FileSystem.Open(directory.File("x", bytes));
        Assert.Equal(want, Describe(new RecordReader(file, limit)));
        Assert.Equal(want, Describe(new RecordReader(new OneByteAtATime(bytes).Read, limit)));
    }

    [Fact]
    public void A_forged_length_costs_no_memory()
    {
        // Promises 16 MiB, has one byte.
        RecordReader reader = new(new MemoryStream([(byte)'N', 0x80, 0x80, 0x80, 0x08, 1]).Read, RecordReader.TrustedMaximumPayload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<QueueFileException>(() => reader.Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Theory] // each file is a set of records; pointers that run in a circle
    [InlineData("p|              0;E|", "E'' ")]
    [InlineData("p|             17;E|", "E'' ")]
    [InlineData("N|a;p|              0;E|", "N'a' E'' ")]
    [InlineData("N|a;p|             -1;E|", "malformed pointer record at offset 3")]
    [InlineData("N|a;p|;E|", "malformed pointer record at offset 3")]
    [InlineData("N|a;p|12x;E|", "malformed pointer record at offset 3")]
    [InlineData("N|a;p|99999999999999999999;E|", "malformed pointer record at offset 3")]
    [InlineData("N|a;p|           9999;E|", "N'a' ")] // beyond the file: the end, which then is missing
    [InlineData("N|a;p|              3;E|", "pointer records run in a circle at offset 3")]
    [InlineData("N|a;p|             20;p|              3;E|", "pointer records run in a circle at offset 20")]
    public void Pointers_are_followed_but_not_in_a_circle(string records, string want)
    {
        using TemporaryDirectory directory = new();
        using MemoryStream stream = new();
        RecordWriter writer = new(stream.Write);
        foreach (string record in records.Split(';'))
            writer.Write((RecordType)record[0], record[2..]);
        writer.Flush();
        using SafeFileHandle file = FileSystem.Open(directory.File("x", stream.ToArray()));
        Assert.Equal(want, Describe(new RecordReader(file)));
    }

    [Fact]
    public void A_pointer_of_a_stranger_is_only_a_record()
    {
        using TemporaryDirectory directory = new();
        using SafeFileHandle file = FileSystem.Open(directory.File("x", "p\u00011E\0"u8));
        Assert.Equal("p'1' E'' ", Describe(new RecordReader(file, followPointers: false)));
    }

    [Fact]
    public void Text_keeps_bytes_that_are_no_UTF8()
    {
        using MemoryStream stream = new();
        RecordWriter writer = new(stream.Write);
        byte[] bytes = [(byte)'a', 0xff, 0xc3, 0xa9, 0xc3];
        writer.Write(RecordType.From, bytes);
        writer.Flush();
        stream.Position = 0;
        RecordReader reader = new(stream.Read, 2048);
        Assert.True(reader.Read());
        using MemoryStream again = new();
        RecordWriter second = new(again.Write);
        second.Write(RecordType.From, reader.Text);
        second.Flush();
        Assert.Equal(stream.ToArray(), again.ToArray());
    }

    private static string Describe(RecordReader reader)
    {
        string got = "";
        try
        {
            while (reader.Read())
                got += $"{(char)reader.Type}'{Encoding.Latin1.GetString(reader.Payload)}' ";
        }
        catch (QueueFileException e)
        {
            return e.Message;
        }
        return got;
    }

    private sealed class OneByteAtATime(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);
    }
}
