using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>One message of a listing.</summary>
/// <param name="Queue">Directory name, e.g. "deferred".</param>
/// <param name="Id">Queue id.</param>
/// <param name="Time">Arrival, seconds since 1970.</param>
/// <param name="Size">Octets.</param>
/// <param name="IsExpired">Will be returned at its next attempt (postsuper -e).</param>
/// <param name="Sender">External form; empty_address_recipient for the null sender.</param>
internal sealed record ListedMessage(string Queue, string Id, long Time, long Size, bool IsExpired, string Sender);

/// <summary>Takes a listing in, piece by piece, so that nobody must hold a message with all its recipients.</summary>
internal interface IListingOutput
{
    public void Begin(ListedMessage message);

    /// <param name="address">External form.</param>
    /// <param name="reason">Why it was not delivered; null when unknown.</param>
    public void Recipient(string address, string? reason);

    public void EndMessage();
}

/// <summary>Goes through the queues and tells what is there.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">What stands for the null address (empty_address_recipient).</param>
internal sealed class QueueListing(QueueDirectories queues, string emptyAddress)
{
    private const int RecipientBatch = 200;

    // A message on its way from incoming or active to deferred would be met twice. The active queue is limited by qmgr.
    private const int RememberedLimit = 100_000;

    // In Postfix's order.
    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Active, QueueName.Incoming, QueueName.Deferred, QueueName.Hold];

    private readonly List<Recipient> _batch = [];
    private string? _usualReason;
    private readonly HashSet<long> _listedOffsets = [];

    /// <summary>Lists all complete messages.</summary>
    /// <exception cref="IOException">A queue cannot be read.</exception>
    internal void Run(IListingOutput output)
    {
        string? paused = PauseList.Read(queues.Root).IsEverything ? "all deliveries are paused by the operator" : null;
        HashSet<QueueId> remembered = [];
        foreach (QueueName queue in s_queues)
        {
            _usualReason = queue is QueueName.Maildrop or QueueName.Hold ? null : paused;
            bool remember = queue is QueueName.Active or QueueName.Incoming;
            foreach (QueueEntry entry in queues.ScanEntries(queue))
            {
                if (queue != QueueName.Maildrop && remembered.Contains(entry.Id))
                    continue;
                if (Tell(queue, entry, output) && remember && remembered.Count < RememberedLimit)
                    remembered.Add(entry.Id);
            }
        }
    }

    // False when there is nothing to tell: not complete, not a message, or gone meanwhile.
    private bool Tell(QueueName queue, QueueEntry entry, IListingOutput output)
    {
        try
        {
            using SafeFileHandle handle = FileSystem.Open(entry.Path);
            FileStatus status = FileSystem.Status(handle);
            if (status.Kind != FileKind.Regular || WhyNot(queue, status.Mode, out string? wrongMode))
                return false;
            using QueueFile? file = UsersFiles.Open(queue, handle, status);
            if (file is null)
                return false;
            _batch.Clear();
            Envelope envelope = file.ReadWhatIsThere(_batch, RecipientBatch, out long next);
            if (envelope.Sender is null)
                return false;
            output.Begin(new ListedMessage(
                QueueDirectories.NameOf(queue), entry.Id.ToString(),
                envelope.ArrivalSeconds > 0 ? envelope.ArrivalSeconds : status.ModifiedSeconds,
                envelope.Size?.ContentSize is > 0 and long size ? size : status.Size,
                QueueFileMode.IsForceExpired(status.Mode), External(envelope.Sender)));
            _listedOffsets.Clear();
            if (wrongMode is null)
                TellDeferred(entry.Id, handle, output);
            TellRecipients(file, next, wrongMode ?? _usualReason, output);
            output.EndMessage();
            return true;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false;
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            return false; // a file in maildrop that its owner keeps to himself
        }
        catch (IOException e) when (e is not Ipc.IpcException)
        {
            return false; // a link, or a bad spot of the disk: the rest of the queue is still worth telling
        }
    }

    // An incomplete file is none. But mail that was in delivery, waits or is held was complete: somebody has changed its mode.
    private static bool WhyNot(QueueName queue, int mode, out string? wrongMode)
    {
        wrongMode = null;
        if (QueueFileMode.IsReady(mode))
            return false;
        if (mode == QueueFileMode.Corrupt || queue is not (QueueName.Active or QueueName.Deferred or QueueName.Hold))
            return true;
        wrongMode = $"not delivered: mode {Convert.ToString(mode, 8)} of its file, not 700; \"postsuper -s\" repairs it";
        return false;
    }

    private void TellRecipients(QueueFile file, long next, string? reason, IListingOutput output)
    {
        while (true)
        {
            foreach (Recipient recipient in _batch)
            {
                if (!_listedOffsets.Contains(recipient.Offset))
                    output.Recipient(External(recipient.Address), reason);
            }
            if (next == 0)
                return;
            _batch.Clear();
            try
            {
                next = file.ReadRecipients(next, _batch, RecipientBatch);
            }
            catch (QueueFileException)
            {
                next = 0; // what was read before the damage is still told
            }
        }
    }

    // What was logged goes first, in the log's order. The log of failures is not told: those recipients are done.
    private void TellDeferred(QueueId id, SafeFileHandle handle, IListingOutput output)
    {
        foreach ((Recipient recipient, Dsn dsn) in RecipientLog.ReadUnlocked(queues.PathOf(QueueName.Defer, id), DsnClass.Transient))
        {
            if (recipient.Offset > 0 && (!IsPending(handle, recipient.Offset) || !_listedOffsets.Add(recipient.Offset)))
                continue;
            output.Recipient(External(recipient.Address), dsn.Reason);
        }
    }

    // A deferred recipient may have been delivered since.
    private static bool IsPending(SafeFileHandle handle, long offset)
    {
        try
        {
            return !QueueFile.IsDone(handle, offset);
        }
        catch (QueueFileException)
        {
            return false; // the log of another message of that name
        }
    }

    private string External(string address) => address.Length == 0 ? emptyAddress : Address.ToExternal(address);
}
