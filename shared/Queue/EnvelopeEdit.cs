using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>What an operator changes of a message that is in the queue; null: nothing.</summary>
/// <param name="Redirect">Address that takes all recipients' place.</param>
/// <param name="Route">transport:nexthop that all recipients go to; empty: the usual one again.</param>
/// <param name="TlsLevel">Security level in place of that of its destination; empty: the usual one again.</param>
/// <param name="RequireTls">In place of what its sender wants of TLS.</param>
public sealed record EnvelopeChange(string? Redirect = null, string? Route = null, string? TlsLevel = null, RequireTls? RequireTls = null)
{
    /// <summary>Records of the envelope are replaced.</summary>
    internal bool HasRecords => Redirect is not null || Route is not null || TlsLevel is not null;
}

/// <summary>Changes the envelope of a queue file, so that Postfix can read it afterwards, too.</summary>
/// <remarks>What is new stands behind the end of the file, with a copy of the first records of the envelope; then a pointer record is laid over these. Before
/// that one write the message is as it was, after it as it is to be; what a crash left behind the end means nothing. Recipients stay where they are: agents
/// know them by their offsets. The file must not be in delivery; the caller sees to that.</remarks>
public static class EnvelopeEdit
{
    private const int PointerLength = 2 + RecordWriter.PointerPayload;

    // Text that no delivery looks at: what is overruled becomes it.
    private const RecordType Overruled = RecordType.FullName;

    /// <summary>Changes the envelope; on return that is on stable storage, unless the caller sees to it for many files at once.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="path">For messages.</param>
    /// <param name="change">What.</param>
    /// <param name="isFlushed">False: the caller flushes the file system at the end. What is new is there before anything leads to it in any case.</param>
    /// <exception cref="QueueFileException">The file is damaged, or has no room for a pointer; it is as it was.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void Apply(SafeFileHandle file, string path, EnvelopeChange change, bool isFlushed = true)
    {
        RecordReader records = new(file, followPointers: false);
        if (!records.Read() || records.Type != RecordType.Size)
            throw new QueueFileException("no size record");
        byte[] size = records.Payload.ToArray();
        if (change.RequireTls is not null && size.Length != SizeRecord.PayloadLength)
            throw new QueueFileException("its size record has no room for a change");
        if (change.HasRecords)
            ReplaceRecords(file, path, records, change);
        SetRequireTls(file, size, change.RequireTls);
        if (isFlushed)
            FileSystem.Flush(file, path);
    }

    // In place: the first octets of a file are one write, or none.
    private static void SetRequireTls(SafeFileHandle file, ReadOnlySpan<byte> payload, RequireTls? wanted)
    {
        if (wanted is not { } wish)
            return;
        if (payload.Length != SizeRecord.PayloadLength || !SizeRecord.TryParse(payload, out SizeRecord size))
            throw new QueueFileException("its size record has no room for a change");
        RecordWriter writer = new(bytes => FileSystem.WriteAt(file, bytes, 0));
        writer.Write(RecordType.Size, (size with { RequireTls = wish }).ToPayload());
        writer.Flush();
    }

    private static void ReplaceRecords(SafeFileHandle file, string path, RecordReader records, EnvelopeChange change)
    {
        long place = records.NextOffset;
        if (!records.Read())
            throw new QueueFileException("no envelope");
        List<(RecordType Type, byte[] Payload)> kept = [];
        long back = records.Type == RecordType.ContinueAt ? TakeChanged(records, kept) : TakeFirst(records, kept, place);

        long at = FileSystem.Status(file).Size;
        RecordWriter section = new((bytes) => Append(file, bytes, ref at));
        long start = at;
        foreach ((RecordType type, byte[] payload) in kept)
        {
            if (!IsSet(change, type, payload))
                section.Write(type, payload);
        }
        if (change.Redirect is { Length: > 0 })
            section.Write(RecordType.Redirect, change.Redirect);
        if (change.Route is { Length: > 0 })
            section.Write(RecordType.TextPart, change.Route);
        if (change.TlsLevel is { Length: > 0 })
            section.WriteAttribute(AttributeName.TlsLevel, change.TlsLevel);
        section.WritePointer(back);
        section.Flush();
        FileSystem.Flush(file, path);

        RecordWriter pointer = new(bytes => FileSystem.WriteAt(file, bytes, place));
        pointer.WritePointer(start);
        pointer.Flush();
        Overrule(file, back, change);
    }

    private static void Append(SafeFileHandle file, ReadOnlySpan<byte> bytes, ref long at)
    {
        FileSystem.WriteAt(file, bytes, at);
        at += bytes.Length;
    }

    // The records that a pointer would cover. Those of recipients and of the content must stay where they are.
    private static long TakeFirst(RecordReader records, List<(RecordType Type, byte[] Payload)> kept, long place)
    {
        while (true)
        {
            if (records.Type is not (RecordType.Time or RecordType.Attribute or RecordType.From or RecordType.FullName or RecordType.WarnTime or RecordType.CreateTime
                or RecordType.Verp or RecordType.DsnEnvelopeId or RecordType.DsnReturn or RecordType.Redirect or RecordType.TextPart or RecordType.Inspector or RecordType.Flags))
                throw new QueueFileException("its envelope has no room for a change");
            kept.Add((records.Type, records.Payload.ToArray()));
            if (records.NextOffset - place >= PointerLength)
                return records.NextOffset;
            if (!records.Read())
                throw new QueueFileException("no envelope");
        }
    }

    // It was changed before: the same place, and what stands there now.
    private static long TakeChanged(RecordReader records, List<(RecordType Type, byte[] Payload)> kept)
    {
        records.Seek(Target(records));
        while (records.Read())
        {
            if (records.Type == RecordType.ContinueAt)
                return Target(records);
            kept.Add((records.Type, records.Payload.ToArray()));
        }
        throw new QueueFileException("a changed envelope has no end");
    }

    private static long Target(RecordReader records) =>
        Utf8Parser.TryParse(records.Payload.TrimStart((byte)' '), out long target, out int used) && used == records.Payload.TrimStart((byte)' ').Length && target > 0
            && records.Payload.Length == RecordWriter.PointerPayload
            ? target : throw new QueueFileException("its envelope has no room for a change");

    private static bool IsSet(EnvelopeChange change, RecordType type, ReadOnlySpan<byte> payload) => type switch
    {
        RecordType.Redirect => change.Redirect is not null,
        RecordType.TextPart => change.Route is not null,
        RecordType.Attribute => change.TlsLevel is not null && payload.StartsWith(ByteText.Encode(AttributeName.TlsLevel + "=")),
        _ => false,
    };

    // Of several the last one counts, and what cleanup wrote may come later.
    private static void Overrule(SafeFileHandle file, long from, EnvelopeChange change, bool isFlushed = true)
    {
        RecordReader records = new(file);
        records.Seek(from);
        bool inContent = false;
        while (records.Read() && records.Type != RecordType.End)
        {
            if (records.Type is RecordType.Message or RecordType.Extracted)
                inContent = records.Type == RecordType.Message;
            else if (!inContent && records.Type is RecordType.Redirect or RecordType.TextPart && IsSet(change, records.Type, default))
                FileSystem.WriteAt(file, [(byte)Overruled], records.Offset);
        }
    }
}
