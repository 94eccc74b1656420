using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Listing;

/// <summary>What waits, counted by where it goes and why it waits; in bounded memory, however much there is.</summary>
/// <param name="now">Seconds since 1970.</param>
public sealed class QueueTally(long now) : IListingOutput
{
    private const int GroupsLimit = 10_000, ReasonLimit = 200;
    private const string Others = "(others)";

    private readonly Dictionary<(string Destination, string Reason), TallyGroup> _groups = [];
    private readonly HashSet<TallyGroup> _ofMessage = [];
    private ListedMessage? _message;

    /// <summary>All messages.</summary>
    public int Messages { get; private set; }

    /// <summary>All recipients.</summary>
    public int Recipients { get; private set; }

    /// <summary>Messages by queue.</summary>
    public SortedDictionary<string, int> Queues { get; } = new(StringComparer.Ordinal);

    /// <summary>Those with most recipients first.</summary>
    public IReadOnlyList<TallyGroup> Groups => [.. _groups.Values.OrderByDescending(static group => group.Recipients).ThenBy(static group => group.Destination, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public void Begin(ListedMessage message)
    {
        _message = message;
        _ofMessage.Clear();
        Messages++;
        Queues[message.Queue] = Queues.GetValueOrDefault(message.Queue) + 1;
    }

    /// <inheritdoc/>
    public void Recipient(in ListedRecipient recipient)
    {
        ListedMessage message = _message!;
        Recipients++;
        string destination = recipient.Route is { NextHop.Length: > 0 } route ? $"{route.Transport}:{route.NextHop}" : Address.DomainOf(recipient.Address).ToLowerInvariant();
        string reason = message.Queue == "hold" ? "on hold" : recipient.Reason is { Length: > 0 } why ? Without(why, recipient.Address) : message.Queue == "deferred" ? "(no reason on record)" : message.Queue;
        if (_groups.Count >= GroupsLimit && !_groups.ContainsKey((destination, reason)))
            (destination, reason) = (Others, "");
        if (!_groups.TryGetValue((destination, reason), out TallyGroup? group))
            _groups.Add((destination, reason), group = new TallyGroup(destination, reason, recipient.Code ?? ""));
        group.Recipients++;
        if (_ofMessage.Add(group))
            group.Messages++;
        group.Oldest = Math.Max(group.Oldest, now - message.Time);
        if (message.NextAttempt is { } next)
            group.Next = Math.Min(group.Next, Math.Max(0, next - now));
    }

    /// <inheritdoc/>
    public void EndMessage()
    {
    }

    // Servers repeat the address; the reason is the same.
    private static string Without(string reason, string address)
    {
        string plain = reason.Replace(address, "...", StringComparison.OrdinalIgnoreCase);
        return plain.Length <= ReasonLimit ? plain : plain[..ReasonLimit];
    }
}

/// <summary>What waits for one destination, for one reason.</summary>
/// <param name="destination">transport:next hop, or the domain where that is not known.</param>
/// <param name="reason">Of the last attempt, or the queue.</param>
/// <param name="code">Status code of that; empty: none.</param>
public sealed class TallyGroup(string destination, string reason, string code)
{
    /// <summary>transport:next hop, or a domain.</summary>
    public string Destination => destination;

    /// <summary>Of the last attempt, or the queue.</summary>
    public string Reason => reason;

    /// <summary>Status code of that; empty: none.</summary>
    public string Code => code;

    /// <summary>How many.</summary>
    public int Messages { get; set; }

    /// <summary>Of these messages, for that destination and reason.</summary>
    public int Recipients { get; set; }

    /// <summary>Age of the oldest message, seconds.</summary>
    public long Oldest { get; set; }

    /// <summary>Seconds until the earliest next attempt; the largest number: none is planned.</summary>
    public long Next { get; set; } = long.MaxValue;

    /// <summary>One object of JSON.</summary>
    public string ToJson() => string.Create(CultureInfo.InvariantCulture, $"{{\"destination\": {JsonText.Quote(Destination)}, \"reason\": {JsonText.Quote(Reason)}, \"reason_code\": {JsonText.Quote(Code)}, "
        + $"\"recipients\": {Recipients}, \"messages\": {Messages}, \"oldest_age\": {Oldest}{(Next == long.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $", \"next_attempt_in\": {Next}"))}}}");
}
