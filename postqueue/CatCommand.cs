using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>Which parts of a message are shown.</summary>
/// <param name="Envelope">What its queue file says besides the content.</param>
/// <param name="Headers">Of the content.</param>
/// <param name="Body">Likewise.</param>
/// <param name="IsDecoded">As people read it: words and parts decoded.</param>
internal sealed record MessageParts(bool Envelope, bool Headers, bool Body, bool IsDecoded)
{
    /// <summary>As one JSON object.</summary>
    internal bool IsJson { get; init; }
}

/// <summary>postqueue cat: shows a message, wherever it is, to those who may read the queue's files.</summary>
internal static class CatCommand
{
    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Active, QueueName.Incoming, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt, QueueName.Saved];

    internal static int Run(PostqueueSettings settings, CallerLog log, string text, MessageParts parts)
    {
        if (!QueueId.TryParse(text, out QueueId id))
            return log.Fatal($"invalid queue ID: \"{PrintableText.Of(text)}\"", ExitStatus.Usage);
        if (!MailOwner.MayAct(settings.Queues.Root))
            return log.Fatal("mail is for the super-user and the owner of the queue to read", ExitStatus.NoPermission);
        QueueDirectories queues = DirectAccess.Begin(settings);
        // Twice, since it may change queue behind our back.
        foreach (QueueName queue in (QueueName[])[.. s_queues, .. s_queues])
        {
            using QueueFile? file = Open(queues, queue, id);
            if (file is null)
                continue;
            try
            {
                if (parts.IsJson)
                    JsonMessage.Show(queue, id, file, parts, Write);
                else
                    Show(queue, id, file, parts, new MessageOutput());
                return ExitStatus.Ok;
            }
            catch (QueueFileException e)
            {
                return log.Fatal($"{QueueDirectories.NameOf(queue)}/{id}: {e.Message}", ExitStatus.Unavailable);
            }
        }
        StandardStreams.WriteError($"postqueue: Nothing in the queue for \"{id}\"\n");
        return ExitStatus.Unavailable;
    }

    private static void Write(byte[] text)
    {
        if (!StandardStreams.TryWriteOutput(text))
            throw new ListingClosedException(SystemCallException.Last("write to standard output"));
    }

    private static QueueFile? Open(QueueDirectories queues, QueueName queue, QueueId id)
    {
        try
        {
            SafeFileHandle handle = FileSystem.Open(queues.PathOf(queue, id));
            FileStatus status = FileSystem.Status(handle);
            if (status.Kind == FileKind.Regular && UsersFiles.Open(queue, handle, status) is { } file)
                return file;
            handle.Dispose();
            return null;
        }
        catch (SystemCallException e) when (e.IsMissing || e.IsForbidden)
        {
            return null;
        }
    }

    /// <exception cref="QueueFileException">The file is damaged.</exception>
    internal static void Show(QueueName queue, QueueId id, QueueFile file, MessageParts parts, MessageOutput output)
    {
        if (parts.Envelope)
            ShowEnvelope(queue, id, file, output);
        if (parts.Headers || parts.Body)
            ShowMessage(file, parts, output);
        output.Flush();
    }

    /// <summary>Its content, or a part of it.</summary>
    /// <exception cref="QueueFileException">The file is damaged.</exception>
    internal static void ShowMessage(QueueFile file, MessageParts parts, MessageOutput output)
    {
        Envelope envelope = file.ReadWhatIsThere([], 0, out _);
        if (envelope.DataOffset == 0)
            throw new QueueFileException("no content is found in it");
        if (parts.Envelope)
            output.Line(""u8);
        if (parts.IsDecoded)
            DecodedMessage.Show(file, envelope, parts, output);
        else
            ShowContent(file, envelope, parts, output);
    }

    private static void ShowEnvelope(QueueName queue, QueueId id, QueueFile file, MessageOutput output)
    {
        foreach ((string name, string value) in EnvelopeOf(queue, id, file))
            output.Text($"{name}: {value}");
    }

    /// <summary>What the file says besides the content, and where it is; in the order of the file.</summary>
    /// <exception cref="QueueFileException">It is damaged.</exception>
    internal static IEnumerable<(string Name, string Value)> EnvelopeOf(QueueName queue, QueueId id, QueueFile file)
    {
        FileStatus status = FileSystem.Status(file.Handle);
        yield return ("queue_id", id.ToString());
        yield return ("queue_name", QueueDirectories.NameOf(queue));
        if (QueueFileMode.IsForceExpired(status.Mode))
            yield return ("forced_expire", "1");
        if (queue == QueueName.Deferred)
            yield return ("next_attempt", MailTime.ListingDate(status.ModifiedSeconds).TrimEnd());
        if (AttemptCount.Of(file.Handle) is > 0 and var attempts)
            yield return ("attempts", attempts.ToString(CultureInfo.InvariantCulture));
        if (file.ReadWhatIsThere([], 0, out _).RequireTls.Word() is { } wish)
            yield return ("require_tls", wish);
        RecordReader records = new(file.Handle, followPointers: queue != QueueName.Maildrop);
        bool inContent = false;
        while (records.Read() && records.Type != RecordType.End)
        {
            if (records.Type is RecordType.Message or RecordType.Extracted)
                inContent = records.Type == RecordType.Message;
            else if (!inContent && NameOf(records.Type) is { } name)
                yield return (name, records.Text.Trim());
        }
    }

    // null: nothing that is told.
    private static string? NameOf(RecordType type) => type switch
    {
        RecordType.TextPart => QueueRecordNames.ContentFilter,
        RecordType.Size or RecordType.Time or RecordType.CreateTime or RecordType.WarnTime or RecordType.From or RecordType.FullName or RecordType.Recipient or RecordType.Done
            or RecordType.Cancelled or RecordType.OriginalRecipient or RecordType.DsnOriginalRecipient or RecordType.DsnNotify or RecordType.DsnEnvelopeId or RecordType.DsnReturn
            or RecordType.Verp or RecordType.Redirect or RecordType.Inspector or RecordType.Flags or RecordType.Attribute => QueueRecordNames.Of(type),
        _ => null,
    };

    private static void ShowContent(QueueFile file, Envelope envelope, MessageParts parts, MessageOutput output)
    {
        ContentReader content = file.ReadContent(envelope);
        bool inHeaders = true, startsLine = true, afterHeader = false;
        while (content.Read())
        {
            if (startsLine && inHeaders && HeaderLines.Judge(content.Piece, afterHeader) == HeaderLine.None)
            {
                inHeaders = false;
                // The line between the two belongs to neither alone.
                if (!parts.Headers && content.Piece.IsEmpty && content.EndsLine)
                    continue;
            }
            afterHeader = true;
            startsLine = content.EndsLine;
            if (inHeaders ? !parts.Headers : !parts.Body)
            {
                if (!inHeaders)
                    return;
                continue;
            }
            output.Piece(content.Piece);
            if (content.EndsLine)
                output.EndLine();
        }
    }
}

/// <summary>A message on its way to standard output: to a terminal without control characters, which the sender could have chosen; else as it is.</summary>
/// <param name="write">Takes a piece; null: standard output.</param>
/// <param name="isTerminal">null: as standard output is.</param>
internal sealed class MessageOutput(Action<byte[]>? write = null, bool? isTerminal = null)
{
    private const int PieceLength = 32 * 1024;
    private readonly List<byte> _bytes = [];
    private readonly bool _isTerminal = isTerminal ?? Terminal.IsOutput;

    internal void Text(string text) => Line(ByteText.Encode(PrintableText.Of(text)));

    internal void Line(ReadOnlySpan<byte> line)
    {
        Piece(line);
        EndLine();
    }

    internal void Piece(ReadOnlySpan<byte> piece)
    {
        if (_isTerminal)
            _bytes.AddRange(Encoding.UTF8.GetBytes(PrintableText.Of(ByteText.Decode(piece).Replace("\t", "        ", StringComparison.Ordinal))));
        else
            _bytes.AddRange(piece);
        if (_bytes.Count > PieceLength)
            Flush();
    }

    internal void EndLine() => _bytes.Add((byte)'\n');

    internal void Flush()
    {
        byte[] bytes = [.. _bytes];
        _bytes.Clear();
        if (write is not null)
            write(bytes);
        else if (!StandardStreams.TryWriteOutput(bytes))
            throw new ListingClosedException(SystemCallException.Last("write to standard output"));
    }
}
