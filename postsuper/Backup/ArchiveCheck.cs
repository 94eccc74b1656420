using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Whether a backup is whole, and each message in it.</summary>
internal static class ArchiveCheck
{
    /// <summary>Reads all of it.</summary>
    /// <param name="reader">Has the counts afterwards, and finds out if another reading is of the same.</param>
    /// <exception cref="ArchiveException">It is not.</exception>
    internal static void Run(ArchiveReader reader, ArchiveFile archive)
    {
        foreach (ArchivedFile file in reader.Read(archive))
        {
            if (WhyNot(file) is { } why)
                throw new ArchiveException($"{file.Name.Text}: {why}");
        }
    }

    private static string? WhyNot(ArchivedFile file) => file.Name switch
    {
        { Part: not ArchivePart.Message } or { Queue: QueueName.Corrupt } => null,
        { Queue: QueueName.Maildrop } => file.Content.Message().IsWhole() ? null : "not a whole message",
        _ => file.Content.WhyNoMessage(),
    };
}
