using System.Data.Common;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>A message that was found. Times: microseconds since 1970.</summary>
internal sealed record FoundMessage(long Number, string QueueId, string? MessageId, string? Sender, long? Size, string? Client, string? Origin, string? EnvelopeId, string? NoticeFor,
    long Arrived, long Changed, long? Finished, long RecipientCount, string State)
{
    internal const string Columns = "m.number, m.queue_id, m.message_id, m.sender, m.size, m.client, m.origin, m.envelope_id, m.notice_for, m.arrived, m.changed, m.finished, m.recipients, m.seen, m.state";

    /// <summary>Some of them: those that were asked for first.</summary>
    internal IReadOnlyList<FoundRecipient> Recipients { get; init; } = [];

    internal static FoundMessage From(DbDataReader row) => new(row.GetInt64(0), row.GetString(1), row.Text(2), row.Text(3), row.Number(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8),
        row.GetInt64(9), row.GetInt64(10), row.Number(11), Math.Max(row.GetInt64(12), row.GetInt64(13)), row.GetString(14));
}

/// <summary>A recipient of it.</summary>
internal sealed record FoundRecipient(string Address, string? Original, string State, long Attempts, long Changed, string? Transport, string? NextHop, string? Dsn, string? Reply, string? Remote, long? NextAttempt)
{
    internal const string Columns = "address, original, state, attempts, changed, transport, nexthop, dsn, reply, remote, next_attempt";

    internal static FoundRecipient From(DbDataReader row) => new(row.GetString(0), row.Text(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.Text(9), row.Number(10));
}
