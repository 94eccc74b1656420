using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>What a file of an archive is.</summary>
internal enum ArchivePart
{
    /// <summary>A few words on where it comes from; the first file.</summary>
    About,
    /// <summary>The list of pauses, or the standing rules.</summary>
    Setting,
    /// <summary>A message.</summary>
    Message,
    /// <summary>What was logged of a message's recipients; stands before the message.</summary>
    Log,
    /// <summary>Of notices that wait to be joined.</summary>
    Digest,
    /// <summary>The list of all files with their SHA-256; the last file.</summary>
    Sums,
}

/// <summary>The name of a file in an archive: its path below queue_directory, without subdirectories of hashed queues.</summary>
/// <param name="Text">As it stands in the archive.</param>
/// <param name="Part">What it is.</param>
/// <param name="Queue">Of a message or log.</param>
/// <param name="Id">Likewise.</param>
internal readonly record struct ArchiveName(string Text, ArchivePart Part, QueueName Queue = default, QueueId Id = default)
{
    private const int LongestDigestName = 255;

    internal static ArchiveName About { get; } = new("about", ArchivePart.About);

    internal static ArchiveName Sums { get; } = new("SHA256SUMS", ArchivePart.Sums);

    internal static ArchiveName Pauses { get; } = new(PauseList.FileName, ArchivePart.Setting);

    internal static ArchiveName Rules { get; } = new($"{QueueDirectories.Rules}/standing", ArchivePart.Setting);

    internal static ArchiveName Suppressions { get; } = new($"{QueueDirectories.Suppression}/list", ArchivePart.Setting);

    /// <summary>Queues whose files are messages, maildrop last.</summary>
    internal static IReadOnlyList<QueueName> Messages { get; } = [QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt, QueueName.Maildrop];

    internal static IReadOnlyList<QueueName> Logs { get; } = [QueueName.Bounce, QueueName.Defer, QueueName.Trace];

    internal static ArchiveName Of(QueueName queue, QueueId id) =>
        new($"{QueueDirectories.NameOf(queue)}/{id}", Logs.Contains(queue) ? ArchivePart.Log : ArchivePart.Message, queue, id);

    /// <summary>One of digest/, of these two names.</summary>
    internal static ArchiveName OfDigest(string directory, string name) => new($"{QueueDirectories.Digest}/{directory}/{name}", ArchivePart.Digest);

    /// <summary>Understands a name of an archive that anybody may have made: none leads out of the queue directory.</summary>
    internal static bool TryParse(string text, out ArchiveName name)
    {
        string[] parts = text.Split('/');
        name = default;
        if (parts is [var queueName, var file] && QueueDirectories.TryParse(queueName, out QueueName queue) && (Messages.Contains(queue) || Logs.Contains(queue)) && QueueId.TryParse(file, out QueueId id))
            name = Of(queue, id);
        else if (parts is [QueueDirectories.Digest, var directory, var log] && IsPlain(directory) && IsPlain(log))
            name = OfDigest(directory, log);
        else if (((ArchiveName[])[About, Sums, Pauses, Rules, Suppressions]).FirstOrDefault(known => known.Text == text) is { Text: not null } fixedName)
            name = fixedName;
        return name.Text is not null;
    }

    private static bool IsPlain(string name) => name.Length is > 0 and <= LongestDigestName && name[0] != '.' && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
