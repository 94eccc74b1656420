using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper;

/// <summary>Takes up mail that an operator put into the queue by hand (discover), and mail that was set aside as damaged and
/// is not, or no longer (uncorrupt). Whatever is not a message as qmgr wants it is told, and stays where it is.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="report">Told what was done.</param>
/// <param name="clock">The present.</param>
/// <param name="owner">User id that queue files must have.</param>
/// <param name="changes">Told what must be on stable storage at the end.</param>
internal sealed class Recovery(QueueDirectories queues, Report report, TimeProvider clock, uint owner, Changes? changes = null)
{
    /// <summary>Queues in which mail is discovered when none is named: those that qmgr scans.</summary>
    internal static IReadOnlyList<QueueName> DiscoveredQueues { get; } = [QueueName.Incoming, QueueName.Deferred];

    /// <summary>Messages found to be in order and due.</summary>
    internal int Discovered { get; private set; }

    /// <summary>Messages moved from corrupt to deferred.</summary>
    internal int Recovered { get; private set; }

    /// <summary>Looks at one message.</summary>
    /// <param name="text">As given; what is no queue id is warned of.</param>
    /// <param name="where">Queues.</param>
    internal void Discover(string text, IReadOnlyList<QueueName> where)
    {
        if (Parse(text) is not { } id)
            return;
        foreach (QueueName queue in where)
            Guard(queue, id, () => Discover(queue, id, queues.PathOf(queue, id), isNamed: true));
    }

    /// <summary>Looks at all files of the queues.</summary>
    internal void DiscoverAll(IReadOnlyList<QueueName> where, Action<string> foreign)
    {
        foreach (QueueName queue in where)
            ForEach(queue, foreign, entry => Discover(queue, entry.Id, entry.Path, isNamed: false));
    }

    /// <summary>Takes one message back.</summary>
    internal void Recover(string text)
    {
        if (Parse(text) is { } id)
            Guard(QueueName.Corrupt, id, () => Recover(id, queues.PathOf(QueueName.Corrupt, id), isNamed: true));
    }

    /// <summary>Takes back all messages of corrupt that are in order.</summary>
    internal void RecoverAll(Action<string> foreign) =>
        ForEach(QueueName.Corrupt, foreign, entry => Recover(entry.Id, entry.Path, isNamed: false));

    private void Discover(QueueName queue, QueueId id, string path, bool isNamed)
    {
        using SafeFileHandle? file = Open(queue, path);
        if (file is null)
            return;
        FileStatus status = FileSystem.Status(file);
        if (!QueueFileMode.IsReady(status.Mode))
        {
            report.Warn($"{NameOf(queue, id)}: mode {Convert.ToString(status.Mode, 8)}, not 700: unfinished, and left alone");
            return;
        }
        // It waits for its next attempt, as it should.
        if (status.ModifiedNanoseconds / 1000 > MailTime.Microseconds(clock))
            return;
        if (queue != QueueName.Maildrop && !IsMessage(queue, id, file))
            return;
        Discovered++;
        if (isNamed)
            report.Say($"{id}: discovered");
    }

    private void Recover(QueueId id, string path, bool isNamed)
    {
        using SafeFileHandle? file = Open(QueueName.Corrupt, path);
        if (file is null || !IsMessage(QueueName.Corrupt, id, file))
            return;
        string target = queues.PathOf(QueueName.Deferred, id);
        queues.MakeHashDirectories(QueueName.Deferred, id);
        FileSystem.TrySetTime(path, MailTime.Microseconds(clock) * 1000);
        // Before it is in its place: the queue manager, which may look there at once, would find it damaged still.
        FileSystem.ChangeMode(file, QueueFileMode.Ready);
        if (!FileSystem.TryRenameNoReplace(path, target))
        {
            FileSystem.ChangeMode(file, QueueFileMode.Corrupt);
            report.Fail($"{target}: the name is taken; {path} stays where it is");
            return;
        }
        changes?.Name(path, target);
        changes?.File();
        Recovered++;
        if (isNamed)
            report.Say($"{id}: recovered");
    }

    // null: not there, or not to be touched, which is told.
    private SafeFileHandle? Open(QueueName queue, string path)
    {
        if (FileSystem.Status(path) is not { } named)
            return null;
        string? wrong = named switch
        {
            { Kind: not FileKind.Regular } => "not a file",
            { LinkCount: not 1 } => $"{named.LinkCount} hard links",
            _ when queue != QueueName.Maildrop && named.Uid != owner => $"owned by user {named.Uid}, not by {owner}",
            _ => null,
        };
        if (wrong is null)
            return FileSystem.Open(path); // not for writing: a delivery agent leaves what is damaged with mode 400
        report.Fail($"{path}: {wrong}, left alone");
        return null;
    }

    private bool IsMessage(QueueName queue, QueueId id, SafeFileHandle file)
    {
        try
        {
            // Reads on: the handle stays the caller's.
            using QueueFile message = new(new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false));
            List<Recipient> batch = [];
            _ = message.ReadEnvelope(batch, 1, out _);
            return true;
        }
        catch (QueueFileException e)
        {
            report.Fail($"{NameOf(queue, id)}: {e.Message}");
            return false;
        }
    }

    private QueueId? Parse(string text)
    {
        if (QueueId.TryParse(text, out QueueId id))
            return id;
        report.Warn($"invalid mail queue id: {text}");
        return null;
    }

    private void ForEach(QueueName queue, Action<string> foreign, Action<QueueEntry> act)
    {
        try
        {
            foreach (QueueEntry entry in queues.ScanEntries(queue, foreign))
                Guard(queue, entry.Id, () => act(entry));
        }
        catch (IOException e)
        {
            report.Fail(e.Message);
        }
    }

    private void Guard(QueueName queue, QueueId id, Action act)
    {
        try
        {
            act();
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // Gone meanwhile: the system may be running.
        }
        catch (IOException e)
        {
            report.Fail($"{NameOf(queue, id)}: {e.Message}");
        }
    }

    private static string NameOf(QueueName queue, QueueId id) => $"{QueueDirectories.NameOf(queue)}/{id}";
}
