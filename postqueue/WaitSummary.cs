using PostfixNet.Delivery;

namespace PostfixNet.Postqueue;

/// <summary>Counts recipients by the reason why they wait, in bounded memory.</summary>
internal sealed class WaitSummary
{
    private const int ReasonsLimit = 100, ReplyLimit = 300;
    private const string Others = "(other replies)";

    private readonly Dictionary<(WaitCode Code, string Reply), (int Recipients, int Messages)> _counts = [];

    /// <summary>The most frequent first.</summary>
    internal IReadOnlyList<WaitCount> Reasons => [.. _counts.OrderByDescending(static count => count.Value.Recipients)
        .Select(static count => new WaitCount(count.Key.Code, count.Key.Reply, count.Value.Recipients, count.Value.Messages))];

    /// <summary>Recipients of one message.</summary>
    internal void Add(IEnumerable<ExplainedRecipient> recipients)
    {
        foreach (IGrouping<(WaitCode, string), ExplainedRecipient> same in recipients.GroupBy(static recipient => (recipient.Code, ReplyOf(recipient))))
        {
            (WaitCode Code, string Reply) reason = same.Key;
            if (_counts.Count >= ReasonsLimit && !_counts.ContainsKey(reason))
                reason.Reply = Others;
            (int count, int messages) = _counts.GetValueOrDefault(reason);
            _counts[reason] = (count + same.Count(), messages + 1);
        }
    }

    // Servers repeat the address; the reason is the same.
    private static string ReplyOf(ExplainedRecipient recipient)
    {
        string reply = (recipient.LastReply ?? recipient.State?.Reason ?? "").Replace(recipient.Address, "...", StringComparison.OrdinalIgnoreCase);
        return reply.Length <= ReplyLimit ? reply : reply[..ReplyLimit];
    }
}
