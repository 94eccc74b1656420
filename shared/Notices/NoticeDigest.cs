using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Notices;

/// <summary>Failure notices that a sender gets later, in one report, because too many have come at once
/// (bounce_digest_limit).</summary>
/// <remarks>digest/ has one directory for each sender that had a failure lately: in it a <see cref="DigestWindow"/>, and the
/// logs of failed recipients that are held, each moved here by rename(2) with notes added on what the report says of its
/// message. The steps and what a crash leaves: notes appended and flushed (the log is still in its place: asked for again);
/// renamed, both directories flushed (told later; only now may the message go); report queued, log removed (told; told
/// twice after a crash between the two).</remarks>
internal sealed class NoticeDigest(BounceSettings settings, string root, TimeProvider clock, NoticeLog noticeLog)
{
    private const int Mode = 0x1C0; // 0700

    // Of what the header says, in which an encoded word may take many times its meaning.
    private const int SubjectLimit = 1000;

    private long Now => MailTime.Microseconds(clock) / 1_000_000;

    private long Length => (long)settings.DigestWindow.TotalSeconds;

    /// <summary>Takes a log away to be told later, if its sender has had his share of single notices.</summary>
    /// <returns>False: the notice is to be sent now.</returns>
    internal bool Hold(MessageFacts facts, QueuedMessage? message, RecipientLog log, bool isExpired)
    {
        if (settings.DigestLimit <= 0)
            return false;
        try
        {
            string directory = $"{root}/{Key(facts.Sender)}";
            using DigestWindow window = DigestWindow.Open(directory, MakeDirectory);
            bool holds = window.HasLogs();
            if (!holds && window.IsOver(Now, Length))
                window.Begin(Now);
            if (!holds && window.Sent < settings.DigestLimit)
            {
                window.Count();
                return false;
            }
            string path = $"{directory}/{facts.Id}";
            log.AddNotes(Described(path, facts, message, isExpired).Notes());
            for (int i = 1; !log.TryMove(path); i++)
                path = string.Create(CultureInfo.InvariantCulture, $"{directory}/{facts.Id}.{i}");
            noticeLog.Held(facts.Id);
            return true;
        }
        catch (IOException e)
        {
            // Too many notices are better than none.
            noticeLog.NotHeld(facts.Id, e);
            return false;
        }
    }

    /// <summary>The directories of senders whose digest may be due.</summary>
    internal IEnumerable<string> Directories()
    {
        List<string> directories = [];
        if (FileSystem.Status(root) is not null)
        {
            foreach (string name in FileSystem.Names(root))
                directories.Add($"{root}/{name}");
        }
        return directories;
    }

    /// <summary>Takes hold of a directory whose time has come; null when it has not, or another process has it.</summary>
    internal DigestWindow? Due(string directory)
    {
        DigestWindow? window = DigestWindow.TryOpen(directory);
        if (window is null || window.IsOver(Now, Length))
            return window;
        window.Dispose();
        return null;
    }

    private void MakeDirectory(string directory)
    {
        if (FileSystem.MakeDirectory(directory, Mode))
            FileSystem.FlushDirectory(root);
    }

    private static HeldNotice Described(string path, MessageFacts facts, QueuedMessage? message, bool isExpired) => new(
        path, facts.Id.ToString(), facts.Sender, message is null ? "" : Cut(OriginalHeaders.Find(message, "subject") ?? ""),
        message?.Envelope.ArrivalSeconds ?? 0, facts.SmtpUtf8, isExpired);

    private static string Cut(string text) => text.Length <= SubjectLimit ? text : text[..SubjectLimit];

    // Only to spread senders over directories: the notes tell the sender, so two in one directory do no harm.
    private static string Key(string sender)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in sender)
            hash = (hash ^ char.ToLowerInvariant(c)) * 1099511628211;
        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
