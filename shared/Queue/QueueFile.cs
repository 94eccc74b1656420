using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>Permission bits of queue files and what they say.</summary>
public static class QueueFileMode
{
    /// <summary>Being written: nobody else touches the file.</summary>
    public const int Building = 0x180; // 0600

    /// <summary>Complete.</summary>
    public const int Ready = 0x1C0; // 0700

    /// <summary>Being written in maildrop: who removes what was never finished can see that it was not.</summary>
    public const int BeingSubmitted = 0x1A0; // 0640

    /// <summary>Complete in maildrop: its reader has the group of the directory, which no user is in.</summary>
    public const int Submitted = 0x1E0; // 0740

    /// <summary>Either bit, on a file of mail_owner in maildrop, says that he submitted it; without them it is one that postsuper put back, which
    /// has no bits but <see cref="Ready"/>.</summary>
    public const int BySubmission = 0x24; // 0044: as submitted here, and by Postfix

    /// <summary>Bit: forget dead destinations for this message.</summary>
    public const int FlushFirst = 0x20; // 0040

    /// <summary>Bits: return the message to its sender at the next attempt. Two of them, and both must be there: Postfix has the first
    /// alone, which "chmod -R 755" sets as well, and no mail is to go back because of that.</summary>
    public const int ForceExpired = 0x208; // 01010

    /// <summary>Bit: put off only because the operator paused its delivery; due as soon as that ends.</summary>
    public const int Paused = 0x1; // 0001

    /// <summary>Bit: its sender or an operator chose the time of its next attempt, however far away that is.</summary>
    public const int Scheduled = 0x2; // 0002

    /// <summary>A delivery agent found the file unreadable; qmgr moves it to corrupt.</summary>
    public const int Corrupt = 0x100; // 0400

    /// <summary>All owner bits are set: the file is complete. Group and other bits do not matter.</summary>
    public static bool IsReady(int mode) => (mode & Ready) == Ready;

    /// <summary>An operator wants it returned.</summary>
    public static bool IsForceExpired(int mode) => (mode & ForceExpired) == ForceExpired;
}

/// <summary>An existing queue file: its envelope, its recipients in batches, its content, and the few changes in place.</summary>
/// <remarks>Memory: one buffer and what the caller collects. Not for use by two threads at once.</remarks>
public sealed class QueueFile : IDisposable
{
    private readonly int _maximumPayload;
    private readonly bool _followPointers;
    private long? _size;

    /// <summary>Takes over an open file.</summary>
    /// <param name="handle">Closed by <see cref="Dispose"/>.</param>
    /// <param name="maximumPayload">Bytes; a longer record is an error.</param>
    /// <param name="followPointers">False for files of users, who may not have pointers.</param>
    /// <param name="size">Of the file, where that is known.</param>
    public QueueFile(SafeFileHandle handle, int maximumPayload = RecordReader.TrustedMaximumPayload, bool followPointers = true, long? size = null)
    {
        Handle = handle;
        (_maximumPayload, _followPointers, _size) = (maximumPayload, followPointers, size);
    }

    // Who only marks recipients reads nothing.
    private RecordReader Reader => field ??= new RecordReader(Handle, _maximumPayload, _followPointers, size: _size) { MayGrow = _followPointers };

    /// <summary>Opens a queue file.</summary>
    /// <param name="path">E.g. from <see cref="QueueDirectories.PathOf"/>.</param>
    /// <param name="write">Also to mark recipients done.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static QueueFile Open(string path, bool write = false) => new(FileSystem.Open(path, write));

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Takes the lock that the agents of a message share; whoever takes it away from them looks for that lock.</summary>
    /// <param name="path">Where it was opened: it may have been taken away between that and the lock, and what becomes of it is nobody's concern then.</param>
    /// <returns>Why not; null: the lock is held until the file is closed.</returns>
    public string? TryLockShared(string path)
    {
        if (!FileSystem.TryLockShared(Handle))
            return "the queue file is in use";
        FileStatus opened = FileSystem.Status(Handle);
        _size ??= opened.Size;
        return FileSystem.Status(path)?.Inode == opened.Inode ? null : $"{path}: the queue file was taken away";
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <summary>Reads the whole file but its content, which is skipped when the size record says how far, and collects
    /// the first recipients that are still to do.</summary>
    /// <param name="recipients">Gets at most <paramref name="limit"/> recipients added, only ones still to do.</param>
    /// <param name="limit">0 or more.</param>
    /// <param name="next">Where <see cref="ReadRecipients"/> continues; 0 when there is no more recipient to do.</param>
    /// <exception cref="QueueFileException">The file is damaged, e.g. "message rejected: missing end record",
    /// "rcpt count mismatch (1)": a case for the corrupt queue.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Envelope ReadEnvelope(ICollection<Recipient> recipients, int limit, out long next)
    {
        Envelope envelope = new();
        bool complete;
        try
        {
            complete = Walk(envelope, recipients, limit, 0, out next);
        }
        catch (QueueFileException e) when (e.IsTruncated)
        {
            throw new QueueFileException("message rejected: missing end record", e) { IsTruncated = true };
        }
        if (!complete)
            throw new QueueFileException("message rejected: missing end record") { IsTruncated = true };
        if (!envelope.HasArrival)
            throw new QueueFileException("message rejected: missing arrival time record");
        if (envelope.Sender is null)
            throw new QueueFileException("message rejected: missing sender record");
        if (envelope.Size is not { } size)
            throw new QueueFileException("message rejected: missing size record");
        if (size.DataOffset != envelope.DataOffset)
            throw new QueueFileException(Invariant($"message rejected: wrong data offset {size.DataOffset}, should be {envelope.DataOffset}"));
        if (size.RecipientCount != envelope.TotalRecipients)
            throw new QueueFileException(Invariant($"rcpt count mismatch ({size.RecipientCount - envelope.TotalRecipients})"));
        return envelope;
    }

    /// <summary>Whether every record is there to the last, of a queue file or of a user's in maildrop.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool IsWhole()
    {
        try
        {
            Reader.Seek(0);
            while (Reader.Read())
            {
                if (Reader.Type == RecordType.End)
                    return true;
            }
        }
        catch (QueueFileException)
        {
            // Damaged, or cut.
        }
        return false;
    }

    /// <summary>As the other, without collecting recipients.</summary>
    public Envelope ReadEnvelope() => ReadEnvelope([], 0, out _);

    /// <summary>Reads what is there, for listings: files of maildrop, incomplete and damaged files. Attributes that have no property of their
    /// own are passed over: a user could fill a file with them.</summary>
    /// <param name="recipients">Gets at most <paramref name="limit"/> recipients added, only ones still to do.</param>
    /// <param name="limit">0 or more.</param>
    /// <param name="next">Where <see cref="ReadRecipients"/> continues; 0 when there is no more recipient to do.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Envelope ReadWhatIsThere(ICollection<Recipient> recipients, int limit, out long next)
    {
        Envelope envelope = new() { TakesAttributes = false };
        next = 0;
        try
        {
            _ = Walk(envelope, recipients, limit, 0, out next);
        }
        catch (QueueFileException)
        {
            next = 0; // beyond the damage there is nothing to go on to
        }
        return envelope;
    }

    /// <summary>Collects further recipients that are still to do.</summary>
    /// <param name="from">What the last call, or <see cref="ReadEnvelope(ICollection{Recipient}, int, out long)"/>, gave as next.</param>
    /// <param name="recipients">Gets at most <paramref name="limit"/> recipients added.</param>
    /// <param name="limit">1 or more.</param>
    /// <returns>Where to continue; 0 when there is no more recipient to do.</returns>
    /// <exception cref="QueueFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public long ReadRecipients(long from, ICollection<Recipient> recipients, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        bool complete = Walk(null, recipients, limit, from, out long next);
        if (!complete && next == 0)
            throw new QueueFileException("message rejected: missing end record") { IsTruncated = true };
        return next;
    }

    /// <summary>The content, from its first record to the extracted segment.</summary>
    public ContentReader ReadContent(Envelope envelope) => ReadContent(envelope.DataOffset);

    /// <inheritdoc cref="ReadContent(Envelope)"/>
    /// <param name="dataOffset"><see cref="Envelope.DataOffset"/>.</param>
    public ContentReader ReadContent(long dataOffset) => new(Handle, dataOffset, _size);

    /// <summary>Marks a recipient as needing no more work: one byte, in place.</summary>
    /// <remarks>Only after the remote server's final reply, or after its bounce record is durable. Not flushed here:
    /// losing the mark in a crash delivers twice, never zero times. Qmgr flushes the file once, when it goes back to deferred.</remarks>
    /// <param name="handle">Open for writing.</param>
    /// <param name="offset">Of the recipient record; 0 for a recipient that has no record, which does nothing.</param>
    /// <exception cref="QueueFileException">There is no recipient record at that offset.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void MarkDone(SafeFileHandle handle, long offset)
    {
        if (offset == 0 || IsDone(handle, offset))
            return;
        FileSystem.WriteAt(handle, [(byte)RecordType.Done], offset);
    }

    /// <summary>Marks all recipients, likewise.</summary>
    public void MarkAllDone()
    {
        const int Batch = 1000;
        List<Recipient> open = [];
        ReadEnvelope(open, Batch, out long next);
        while (true)
        {
            foreach (Recipient recipient in open)
                MarkDone(Handle, recipient.Offset);
            if (next == 0)
                return;
            open.Clear();
            next = ReadRecipients(next, open, Batch);
        }
    }

    /// <summary>Whether the recipient at an offset is marked done.</summary>
    /// <exception cref="QueueFileException">There is no recipient record at that offset.</exception>
    public static bool IsDone(SafeFileHandle handle, long offset)
    {
        byte type = 0;
        int n = offset < 0 ? 0 : FileSystem.ReadAt(handle, new Span<byte>(ref type), offset);
        return (RecordType)type switch
        {
            RecordType.Done when n == 1 => true,
            RecordType.Recipient when n == 1 => false,
            _ => throw new QueueFileException(Invariant($"no recipient record at offset {offset}")),
        };
    }

    /// <summary>Overwrites the delay warning time in place.</summary>
    /// <param name="handle">Open for writing.</param>
    /// <param name="offset"><see cref="Envelope.WarnTimeOffset"/>; 0 does nothing.</param>
    /// <param name="seconds">Since 1970; -1 = the warning was sent.</param>
    /// <exception cref="QueueFileException">There is no such record at that offset.</exception>
    public static void SetWarnTime(SafeFileHandle handle, long offset, long seconds)
    {
        if (offset == 0)
            return;
        byte[] payload = ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"{seconds,15}"));
        Span<byte> header = stackalloc byte[2];
        if (FileSystem.ReadAt(handle, header, offset) != 2 || header[0] != (byte)RecordType.WarnTime || header[1] != payload.Length)
            throw new QueueFileException(Invariant($"no delay warning record at offset {offset}"));
        FileSystem.WriteAt(handle, payload, offset + 2);
    }

    /// <summary>Overwrites the time at which the file was made, in place.</summary>
    /// <param name="handle">Open for writing.</param>
    /// <param name="offset"><see cref="Envelope.CreateTimeOffset"/>; 0 does nothing.</param>
    /// <param name="seconds">Since 1970.</param>
    /// <returns>False: there is no such record, or it has another length.</returns>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static bool TrySetCreateTime(SafeFileHandle handle, long offset, long seconds)
    {
        if (offset == 0)
            return false;
        byte[] payload = ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"{AttributeName.CreateTime}={seconds}"));
        Span<byte> header = stackalloc byte[2];
        if (FileSystem.ReadAt(handle, header, offset) != 2 || header[0] != (byte)RecordType.Attribute || header[1] != payload.Length)
            return false;
        FileSystem.WriteAt(handle, payload, offset + 2);
        return true;
    }

    private enum Segment { Envelope, Content, Extracted }

    // Goes through the file from `from` on. With an envelope: to the end, filling it; without one: until `limit`
    // recipients are found. True when the end record was reached.
    private bool Walk(Envelope? envelope, ICollection<Recipient> recipients, int limit, long from, out long next)
    {
        // What was said of the recipient that comes next, and where that began.
        RecipientRecords said = new();
        long resume = from;
        int taken = 0;
        next = 0;

        Segment segment = Segment.Envelope;
        Reader.Seek(from);
        while (true)
        {
            if (!Reader.Read())
                return false;
            RecordType type = Reader.Type;
            if (segment == Segment.Content)
            {
                if (type == RecordType.Extracted)
                {
                    segment = Segment.Extracted;
                    resume = Reader.NextOffset;
                }
                else if (type is RecordType.End or RecordType.Message)
                {
                    throw new QueueFileException($"message rejected: unexpected record type {(char)type} in content");
                }
                continue;
            }
            switch (type)
            {
                case RecordType.Message when segment == Segment.Envelope:
                    long dataOffset = Reader.NextOffset;
                    if (envelope is not null)
                        envelope.DataOffset = dataOffset;
                    if (FindExtracted(dataOffset) is > 0 and long extracted)
                        Reader.SkipTo(extracted);
                    segment = Segment.Content;
                    break;
                case RecordType.Message:
                    throw new QueueFileException("message rejected: content starts twice");
                case RecordType.Extracted when from > 0 && segment == Segment.Envelope:
                    segment = Segment.Extracted; // continued behind the content
                    break;
                case RecordType.End:
                    return true;
                case RecordType.Recipient or RecordType.Done or RecordType.Cancelled:
                    if (envelope is not null)
                        envelope.TotalRecipients++;
                    if (type == RecordType.Recipient)
                    {
                        if (taken < limit)
                        {
                            recipients.Add(said.Complete(Reader.Text, Reader.Offset));
                            taken++;
                        }
                        else if (next == 0)
                        {
                            next = resume;
                            if (envelope is null)
                                return false;
                        }
                        if (envelope is not null)
                            envelope.PendingRecipients++;
                    }
                    said.Clear();
                    break;
                default:
                    if (said.Take(type, Reader.Payload) || envelope is null)
                        break;
                    if (type == RecordType.Attribute)
                        ReadAttribute(envelope, Reader.Payload, Reader.Offset);
                    else
                        ReadOther(envelope, type, segment);
                    break;
            }
            if (said.IsEmpty)
                resume = Reader.NextOffset;
        }
    }

    private static void ReadAttribute(Envelope envelope, ReadOnlySpan<byte> payload, long offset)
    {
        int equals = payload.IndexOf((byte)'=');
        if (equals <= 0 || (!envelope.TakesAttributes && !AttributeName.IsOfEnvelope(payload[..equals])))
            return;
        string name = ByteText.Decode(payload[..equals]);
        string value = ByteText.Decode(payload[(equals + 1)..]);
        switch (name)
        {
            case AttributeName.CreateTime:
                envelope.CreateTime = Number(payload[(equals + 1)..]);
                envelope.CreateTimeOffset = offset;
                break;
            case AttributeName.Encoding:
                envelope.Encoding = BodyEncodings.Parse(value);
                break;
            case AttributeName.RewriteContext:
                envelope.RewriteContext = value;
                break;
            case AttributeName.EnvelopeId:
                envelope.EnvelopeId = value.Length > 0 ? value : null;
                break;
            case AttributeName.ReturnFlags:
                envelope.Return = DsnReturns.FromNumber(Number(payload[(equals + 1)..]));
                break;
            case AttributeName.ReleaseTime:
                envelope.ReleaseTime = Number(payload[(equals + 1)..]);
                break;
            case AttributeName.TraceFlags:
                envelope.Tracing = TracingFlags.FromNumber(Number(payload[(equals + 1)..]));
                break;
            default:
                envelope.Add(name, value);
                break;
        }
    }

    private void ReadOther(Envelope envelope, RecordType type, Segment segment)
    {
        ReadOnlySpan<byte> payload = Reader.Payload;
        switch (type)
        {
            case RecordType.Size when envelope.Size is null:
                envelope.Size = SizeRecord.TryParse(payload, out SizeRecord size)
                    ? size : throw new QueueFileException("message rejected: malformed size record");
                break;
            case RecordType.Time:
                envelope.HasArrival = true;
                int blank = payload.IndexOf((byte)' ');
                envelope.ArrivalSeconds = Number(blank < 0 ? payload : payload[..blank]);
                envelope.ArrivalMicroseconds = blank < 0 ? 0 : Math.Clamp(Integer(payload[(blank + 1)..]), 0, 999_999);
                if (envelope.CreateTime == 0)
                    envelope.CreateTime = envelope.ArrivalSeconds;
                break;
            case RecordType.CreateTime:
                envelope.CreateTime = Number(payload);
                break;
            case RecordType.From:
                if (envelope.Sender is not null)
                    throw new QueueFileException("message rejected: multiple envelope sender records");
                envelope.Sender = Reader.Text;
                break;
            case RecordType.FullName:
                envelope.FullName = Reader.Text;
                break;
            case RecordType.WarnTime when segment == Segment.Envelope:
                envelope.WarnTime = Number(payload);
                envelope.WarnTimeOffset = Reader.Offset;
                break;
            case RecordType.Verp:
                envelope.Verp = Reader.Text;
                break;
            case RecordType.TextPart:
                envelope.ContentFilter = Reader.Text;
                break;
            case RecordType.Redirect:
                envelope.Redirect = Reader.Text;
                break;
            case RecordType.DsnEnvelopeId:
                envelope.EnvelopeId = payload.IsEmpty ? null : Reader.Text;
                break;
            case RecordType.DsnReturn:
                envelope.Return = DsnReturns.FromNumber(Number(payload));
                break;
            default:
                break;
        }
    }

    // The offset of the X record, if the size record tells it and it is there; else 0, and the content must be read through.
    private long FindExtracted(long dataOffset)
    {
        Span<byte> record = stackalloc byte[2 + SizeRecord.PayloadLength];
        if (Reader.Peek(record, 0) < record.Length
            || record[0] != (byte)RecordType.Size || record[1] != SizeRecord.PayloadLength
            || !SizeRecord.TryParse(record[2..], out SizeRecord size)
            || size.DataOffset != dataOffset || size.ContentSize >= long.MaxValue - dataOffset)
            return 0;
        long offset = dataOffset + size.ContentSize;
        Span<byte> there = record[..2];
        return Reader.Peek(there, offset) == 2 && there[0] == (byte)RecordType.Extracted && there[1] == 0 ? offset : 0;
    }

    // A damaged number in an optional record must not stop the mail: it counts as not given.
    private static long Number(ReadOnlySpan<byte> text)
    {
        while (text is [(byte)' ', ..])
            text = text[1..];
        while (text is [.., (byte)' '])
            text = text[..^1];
        return Utf8Parser.TryParse(text, out long number, out int used) && used == text.Length ? number : 0;
    }

    private static int Integer(ReadOnlySpan<byte> text) => Number(text) is var n and >= 0 and <= int.MaxValue ? (int)n : 0;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
