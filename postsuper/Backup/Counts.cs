using System.Globalization;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Files of an archive, by what they are.</summary>
internal sealed class Counts
{
    private readonly int[] _messages = new int[Enum.GetValues<QueueName>().Length];

    /// <summary>Messages, those in corrupt included.</summary>
    internal int Messages => _messages.Sum();

    internal int Logs { get; private set; }

    internal int Files { get; private set; }

    /// <summary>Octets of all files.</summary>
    internal long Octets { get; private set; }

    internal int In(QueueName queue) => _messages[(int)queue];

    internal void Add(ArchiveName name, long octets)
    {
        Files++;
        Octets += octets;
        if (name.Part == ArchivePart.Message)
            _messages[(int)name.Queue]++;
        else if (name.Part is ArchivePart.Log or ArchivePart.Digest)
            Logs++;
    }

    /// <summary>E.g. "12 messages (deferred 10, hold 2), 11 logs".</summary>
    public override string ToString()
    {
        string queues = string.Join(", ", ArchiveName.Messages.Where(queue => In(queue) > 0).Select(queue => string.Create(CultureInfo.InvariantCulture, $"{QueueDirectories.NameOf(queue)} {In(queue)}")));
        return string.Create(CultureInfo.InvariantCulture, $"{Messages} {(Messages == 1 ? "message" : "messages")}{(queues.Length > 0 ? $" ({queues})" : "")}, {Logs} {(Logs == 1 ? "log" : "logs")}");
    }
}
