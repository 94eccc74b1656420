using PostfixNet.Delivery;

namespace PostfixNet.Postqueue;

/// <summary>Counts recipients by the reason why they wait, in bounded memory.</summary>
internal sealed class WaitSummary
{
    private const int ReasonsLimit = 100, ReplyLimit = 300;
    private const string Others = "(other replies)";

    private const int SendersLimit = 1000, SendersTold = 10;
    private const string OtherSenders = "(others)";

    private readonly Dictionary<string, (int Recipients, int Messages)> _senders = [];
    private readonly Dictionary<(WaitCode Code, string Reply), (int Recipients, int Messages)> _counts = [];

    /// <summary>The most frequent first.</summary>
    internal IReadOnlyList<WaitCount> Reasons => [.. _counts.OrderByDescending(static count => count.Value.Recipients)
        .Select(static count => new WaitCount(count.Key.Code, count.Key.Reply, count.Value.Recipients, count.Value.Messages))];

    /// <summary>Those with most recipients first; not very many.</summary>
    internal IReadOnlyList<SenderCount> Senders => [.. _senders.OrderByDescending(static count => count.Value.Recipients).ThenBy(static count => count.Key, StringComparer.Ordinal)
        .Take(SendersTold).Select(static count => new SenderCount(count.Key, count.Value.Recipients, count.Value.Messages))];

    /// <summary>Recipients of one message.</summary>
    /// <param name="sender">External form.</param>
    /// <param name="recipients">Of it.</param>
    internal void Add(string sender, IReadOnlyCollection<ExplainedRecipient> recipients)
    {
        if (_senders.Count >= SendersLimit && !_senders.ContainsKey(sender))
            sender = OtherSenders;
        (int ofSender, int hisMessages) = _senders.GetValueOrDefault(sender);
        _senders[sender] = (ofSender + recipients.Count, hisMessages + 1);
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
