using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Suppression;

/// <summary>What the queue manager, which has the list, is asked to change, on <see cref="WaitQuestion.Path"/>.</summary>
/// <param name="Adds">Put on the list, each in the place of an older entry.</param>
/// <param name="Removes">Taken off it.</param>
public sealed record SuppressionRequest(IReadOnlyList<SuppressionEntry> Adds, IReadOnlyList<(string Sender, string Address)> Removes)
{
    /// <summary>So many changes in one request, at most.</summary>
    public const int Most = 1000;

    /// <summary>What reports say of recipients; it may put them on the list.</summary>
    public IReadOnlyList<ReportedResult> Results { get; init; } = [];

    private const string ResultsName = "results", StatusName = "status", ReplyName = "reply", ComplaintName = "complaint";
    private const string What = "suppression", Added = "add", AddsName = "adds", RemovesName = "removes", LineName = "line", SenderName = "sender", AddressName = "address";

    /// <summary>Whether a message is one.</summary>
    public static bool Is(AttributeList list) => list.Has(What);

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(What, Added)
        .Add(AddsName, [.. Adds.Select(static entry => new AttributeList().Add(LineName, entry.ToFields()))])
        .Add(RemovesName, [.. Removes.Select(static remove => new AttributeList().Add(SenderName, remove.Sender).Add(AddressName, remove.Address))])
        .AddOptional(ResultsName, [.. Results.Select(static result => new AttributeList().Add(SenderName, result.Sender).Add(AddressName, result.Address).Add(StatusName, result.Status).Add(ReplyName, result.Reply)
            .Add(ComplaintName, result.IsComplaint))]);

    /// <summary>Makes the changes. On return they are on stable storage.</summary>
    /// <param name="list">Opened to be changed.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="IOException">Not known to be done.</exception>
    public SuppressionReply ApplyTo(SuppressionList list, long now)
    {
        ArgumentNullException.ThrowIfNull(list);
        int changed = 0;
        string? refusal = null;
        foreach (SuppressionEntry entry in Adds)
        {
            bool isNew = list.Get(entry.Sender, entry.Address) is null;
            if (!list.Add(entry, now))
            {
                refusal = $"the list is full: {SuppressionList.MostEntries} addresses";
                break;
            }
            changed += isNew ? 1 : 0;
        }
        foreach ((string sender, string address) in Removes)
            changed += list.Remove(sender, address, now) ? 1 : 0;
        // A request of reports alone has nothing that an operator waits for.
        if (Adds.Count > 0 || Removes.Count > 0)
            list.Flush();
        return new SuppressionReply(refusal, false, changed);
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static SuppressionRequest From(AttributeList list) => new(
        [.. list.Lists(AddsName).Select(static entry => SuppressionEntry.FromFields(entry.Text(LineName).Split('\t')) ?? throw new IpcException("not an entry of the suppression list"))],
        [.. list.Lists(RemovesName).Select(static remove => (remove.Text(SenderName), remove.Text(AddressName)))])
    {
        Results = list.Has(ResultsName) ? [.. list.Lists(ResultsName).Select(static result => new ReportedResult(result.Text(SenderName), result.Text(AddressName), result.Text(StatusName), result.Text(ReplyName), result.IsTrue(ComplaintName)))] : [],
    };
}

/// <summary>What a report says of a recipient.</summary>
/// <param name="Sender">Of the mail; empty: not known.</param>
/// <param name="Address">Of the recipient.</param>
/// <param name="Status">E.g. "5.1.1"; empty for a complaint.</param>
/// <param name="Reply">What the server said.</param>
/// <param name="IsComplaint">He did not want it.</param>
public sealed record ReportedResult(string Sender, string Address, string Status, string Reply, bool IsComplaint);

/// <summary>The answer: the changes are made, and on stable storage, or they are not.</summary>
/// <param name="Refusal">Why they are not; null: they are.</param>
/// <param name="IsOff">The queue manager has no list: whoever asks may change the file.</param>
/// <param name="Changed">Addresses that are new on the list, or no more on it.</param>
public sealed record SuppressionReply(string? Refusal, bool IsOff, int Changed)
{
    private const string RefusalName = "refusal", OffName = "off", ChangedName = "changed";

    /// <summary>For the line to who asked.</summary>
    public AttributeList ToAttributes() => new AttributeList().AddOptional(RefusalName, Refusal).Add(OffName, IsOff).Add(ChangedName, Changed);

    /// <exception cref="IpcException">Malformed.</exception>
    public static SuppressionReply From(AttributeList list) => new(list.OptionalText(RefusalName), list.IsTrue(OffName), (int)list.Number(ChangedName));
}
