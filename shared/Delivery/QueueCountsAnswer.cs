using System.Globalization;
using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary><see cref="QueueCounts"/> on the way from showq, for who may not read the queue himself.</summary>
public static class QueueCountsAnswer
{
    private const string QueuesName = "queues", NameName = "queue_name", MessagesName = "messages", OldestName = "oldest";

    /// <summary>For the line to who asked.</summary>
    public static AttributeList ToAttributes(QueueCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return new AttributeList().Add(QueuesName, [.. counts.All.Select(static pair =>
        {
            AttributeList list = new AttributeList().Add(NameName, QueueDirectories.NameOf(pair.Queue)).Add(MessagesName, pair.Count.Messages);
            return pair.Count.Oldest is { } oldest ? list.Add(OldestName, oldest) : list;
        })]);
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static QueueCounts From(AttributeList list) => new(list.Lists(QueuesName).Select(static queue => (
        QueueDirectories.TryParse(queue.Text(NameName), out QueueName name) ? name : throw new IpcException("unknown queue"),
        new QueueCount(queue.Number(MessagesName), queue.Has(OldestName) ? queue.Number(OldestName) : null))).DistinctBy(static pair => pair.Item1));

    /// <summary>One object of JSON, with a member for each queue.</summary>
    /// <param name="counts">null: they are not known.</param>
    public static string ToJson(QueueCounts? counts) => counts is null ? "null" : $"{{{string.Join(", ", counts.All.Select(static queue => string.Create(CultureInfo.InvariantCulture,
        $"\"{QueueDirectories.NameOf(queue.Queue)}\": {{\"messages\": {queue.Count.Messages}, \"oldest\": {queue.Count.Oldest?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}")))}}}";
}
