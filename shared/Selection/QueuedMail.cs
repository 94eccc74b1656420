using Microsoft.Win32.SafeHandles;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Selection;

/// <summary>A message as its queue file tells it, open: for listings, and for filters.</summary>
/// <remarks>Memory: a batch of recipients, however many there are. Not for use by two threads at once.</remarks>
public sealed class QueuedMail : IMailFacts, IDisposable
{
    private const int RecipientBatch = 200, HeaderLimit = 16 * 1024, HeadersLimit = 1024 * 1024;
    private static readonly MailRoute s_nowhere = new("", "");

    private readonly QueueDirectories _queues;
    private readonly QueueFile _file;
    private readonly Envelope _envelope;
    private readonly List<Recipient> _first;
    private readonly long _next, _now;
    private readonly IRoutes? _routes;
    private List<Outcome>? _delays;
    private int? _attempts;

    private QueuedMail(QueueDirectories queues, QueueName queue, QueueId id, QueueFile file, FileStatus status, Envelope envelope, List<Recipient> first, long next, long now, IRoutes? routes)
    {
        (_queues, Queue, QueueId, _file, Status, _envelope, _first, _next, _now, _routes) = (queues, queue, id, file, status, envelope, first, next, now, routes);
        if (!QueueFileMode.IsReady(status.Mode))
            WrongMode = $"not delivered: mode {Convert.ToString(status.Mode, 8)} of its file, not 700; \"postsuper -s\" repairs it";
    }

    /// <summary>Opens a message, if it is a complete one, and still there.</summary>
    /// <param name="queues">Where messages are.</param>
    /// <param name="queue">Where this one is.</param>
    /// <param name="entry">It.</param>
    /// <param name="now">Microseconds since 1970.</param>
    /// <param name="routes">For those who ask where it goes; null: nobody does.</param>
    /// <returns>null: it is none, or none to be read.</returns>
    public static QueuedMail? Open(QueueDirectories queues, QueueName queue, in QueueEntry entry, long now, IRoutes? routes = null)
    {
        QueueFile? file = null;
        bool isGiven = false;
        try
        {
            SafeFileHandle handle = FileSystem.OpenUnnoted(entry.Path);
            FileStatus status = FileSystem.Status(handle);
            file = status.Kind == FileKind.Regular && IsMessage(queue, status.Mode) ? UsersFiles.Open(queue, handle, status) : null;
            if (file is null)
            {
                handle.Dispose();
                return null;
            }
            List<Recipient> first = [];
            Envelope envelope = file.ReadWhatIsThere(first, RecipientBatch, out long next);
            if (envelope.Sender is null)
                return null;
            isGiven = true;
            return new QueuedMail(queues, queue, entry.Id, file, status, envelope, first, next, now, routes);
        }
        catch (IOException)
        {
            return null; // gone, a file in maildrop that its owner keeps to himself, a link, or a bad spot of the disk: the rest is still worth telling
        }
        finally
        {
            if (!isGiven)
                file?.Dispose();
        }
    }

    // An incomplete file is none. But mail that was in delivery, waits or is held was complete: somebody has changed its mode.
    private static bool IsMessage(QueueName queue, int mode) => QueueFileMode.IsReady(mode) || queue == QueueName.Corrupt
        || (mode != QueueFileMode.Corrupt && queue is QueueName.Active or QueueName.Deferred or QueueName.Hold);

    /// <summary>Where it was found.</summary>
    public QueueName Queue { get; }

    /// <summary>Its name.</summary>
    public QueueId QueueId { get; }

    /// <summary>Of its file, when that was opened.</summary>
    public FileStatus Status { get; }

    /// <summary>Why its file is not taken for mail; null: it is.</summary>
    public string? WrongMode { get; }

    /// <inheritdoc/>
    public string Id => QueueId.ToString();

    /// <inheritdoc/>
    public string State => QueueDirectories.NameOf(Queue);

    /// <inheritdoc/>
    public bool IsForceExpired => QueueFileMode.IsForceExpired(Status.Mode);

    /// <inheritdoc/>
    public string Sender => _envelope.Sender ?? "";

    /// <inheritdoc/>
    public long Size => _envelope.Size?.ContentSize is > 0 and long size ? size : Status.Size;

    /// <inheritdoc/>
    public RequireTls RequireTls => _envelope.RequireTls;

    /// <summary>The address that takes all recipients' place; null: none.</summary>
    public string? Redirect => _envelope.Redirect;

    /// <summary>When it arrived, seconds since 1970; what the file does not say is the time of the file.</summary>
    public long Arrival => _envelope.ArrivalSeconds > 0 ? _envelope.ArrivalSeconds : Status.ModifiedSeconds;

    /// <inheritdoc/>
    public long Age => Math.Max(0, _now / 1_000_000 - Arrival);

    /// <summary>When it is tried next, seconds since 1970; null: no attempt is planned.</summary>
    public long? NextAttempt => Queue == QueueName.Deferred || (Queue == QueueName.Incoming && Status.ModifiedNanoseconds / 1000 > _now) ? Status.ModifiedSeconds : null;

    /// <inheritdoc/>
    public long? Wait => Queue is QueueName.Active or QueueName.Incoming or QueueName.Deferred ? Math.Max(0, (NextAttempt ?? 0) - _now / 1_000_000) : null;

    /// <inheritdoc/>
    public int Attempts => _attempts ??= AttemptCount.Of(_file.Handle);

    /// <summary>Reads what was recorded at the last attempt, unless that is very much: then it is read when it is asked for.</summary>
    public void ReadDelays()
    {
        if (WrongMode is not null)
            return;
        List<Outcome> delays = [];
        foreach (Outcome outcome in Delays())
        {
            delays.Add(outcome);
            if (delays.Count > RecipientBatch)
                return;
        }
        _delays = delays;
    }

    /// <summary>Closes the file, if all of its recipients are read; its headers and its content cannot be read after that.</summary>
    /// <param name="withAttempts"><see cref="Attempts"/> will be asked for.</param>
    public void Release(bool withAttempts)
    {
        _attempts ??= withAttempts ? AttemptCount.Of(_file.Handle) : 0;
        if (_next == 0 && _envelope.Size?.RecipientCount == _envelope.TotalRecipients)
            _file.Dispose();
    }

    private IEnumerable<Outcome> Delays() => _delays ?? RecipientLog.ReadUnlocked(_queues.PathOf(QueueName.Defer, QueueId), DsnClass.Transient);

    /// <inheritdoc/>
    /// <remarks>What was recorded goes first, in the order of the log. The log of failures is not told: those recipients are done.</remarks>
    public IEnumerable<WaitingRecipient> Recipients()
    {
        HashSet<long>? told = null;
        if (WrongMode is null)
        {
            foreach ((Recipient recipient, Dsn dsn) in Delays())
            {
                if (recipient.Offset > 0 && (!IsPending(recipient.Offset) || !(told ??= []).Add(recipient.Offset)))
                    continue;
                yield return new WaitingRecipient(recipient.Address, dsn, recipient.Offset);
            }
        }
        List<Recipient> batch = _first;
        long next = _next;
        while (true)
        {
            foreach (Recipient recipient in batch)
            {
                if (told is null || !told.Contains(recipient.Offset))
                    yield return new WaitingRecipient(recipient.Address, null, recipient.Offset);
            }
            if (next == 0)
                yield break;
            batch = [];
            next = ReadOn(next, batch);
            _routes?.Prepare([.. batch.Select(recipient => (Sender, recipient.Address))]);
        }
    }

    private long ReadOn(long from, List<Recipient> batch)
    {
        try
        {
            return _file.ReadRecipients(from, batch, RecipientBatch);
        }
        catch (QueueFileException)
        {
            return 0; // what was read before the damage is still told
        }
    }

    // A deferred recipient may have been delivered since.
    private bool IsPending(long offset)
    {
        foreach (Recipient recipient in _first)
        {
            if (recipient.Offset == offset)
                return true;
        }
        if (_file.Handle.IsClosed)
            return false; // all that were are among the first
        try
        {
            return !QueueFile.IsDone(_file.Handle, offset);
        }
        catch (QueueFileException)
        {
            return false; // the log of another message of that name
        }
    }

    /// <inheritdoc/>
    /// <remarks>A route that the message itself has goes before all others.</remarks>
    public MailRoute RouteOf(string address) => OwnRoute(address) ?? _routes?.RouteOf(Sender, address) ?? s_nowhere;

    private MailRoute? OwnRoute(string address)
    {
        if (_envelope.ContentFilter is not { Length: > 0 } own || _envelope.Redirect is { Length: > 0 })
            return null;
        string[] parts = own.Split(':', 2);
        return new MailRoute(parts[0], parts is [_, { Length: > 0 } nextHop] ? nextHop.ToLowerInvariant() : Address.DomainOf(address).ToLowerInvariant());
    }

    /// <inheritdoc/>
    public IEnumerable<string> Headers(string name)
    {
        List<string> values = [];
        ContentReader content = _file.ReadContent(_envelope);
        HeaderLines lines = new(HeaderLimit);
        bool startsLine = true, isWanted = false;
        long read = 0;
        try
        {
            while (content.Read() && (read += content.Piece.Length + 1) < HeadersLimit)
            {
                if (startsLine)
                {
                    HeaderLine kind = HeaderLines.Judge(content.Piece, afterHeader: read > content.Piece.Length + 1);
                    if (kind == HeaderLine.None)
                        break;
                    if (kind == HeaderLine.Begins)
                    {
                        End();
                        isWanted = System.Text.Ascii.EqualsIgnoreCase(content.Piece[..HeaderNames.Length(content.Piece, out _)], name);
                    }
                }
                if (isWanted)
                    lines.Add(content.Piece, startsLine);
                startsLine = content.EndsLine;
            }
        }
        catch (QueueFileException)
        {
            // What came before the damage counts.
        }
        End();
        return values;

        void End()
        {
            if (lines.Length == 0)
                return;
            ReadOnlySpan<byte> header = lines.Take();
            values.Add(ByteText.Decode(header[(header.IndexOf((byte)':') + 1)..]).Replace("\n", "", StringComparison.Ordinal).Trim());
        }
    }

    /// <summary>Sender and recipient of its first recipients, for <see cref="IRoutes.Prepare"/>.</summary>
    public IEnumerable<(string Sender, string Address)> FirstPairs => _first.Select(recipient => (Sender, recipient.Address));

    /// <summary>The content, as it is.</summary>
    public ContentReader Content() => _file.ReadContent(_envelope);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
