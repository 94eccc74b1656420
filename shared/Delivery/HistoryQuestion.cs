using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>What "postqueue history" wants of the service history. What is null is no matter.</summary>
public sealed record HistoryQuestion
{
    /// <summary>The service's name, and that of its socket.</summary>
    public const string Service = "history";

    /// <summary>Messages of an answer at most.</summary>
    public const int MostMessages = 1000;

    private const string Id = "queue_id", SenderName = "sender", RecipientName = "recipient", MessageIdName = "message_id",
        SinceName = "since", UntilName = "until", StateName = "state", LimitName = "limit", BeforeName = "before", StatusName = "status", JsonName = "json";

    /// <summary>One message, with all its steps.</summary>
    public string? QueueId { get; init; }

    /// <summary>An address, or a domain; empty: the null sender.</summary>
    public string? Sender { get; init; }

    /// <summary>An address, or a domain.</summary>
    public string? Recipient { get; init; }

    /// <summary>With or without brackets.</summary>
    public string? MessageId { get; init; }

    /// <summary>When it came in, microseconds since 1970.</summary>
    public long? Since { get; init; }

    /// <summary>Likewise, not later.</summary>
    public long? Until { get; init; }

    /// <summary>A word for messages, or for recipients.</summary>
    public string? State { get; init; }

    /// <summary>Messages at most.</summary>
    public int Limit { get; init; } = MostMessages;

    /// <summary>Only what was found after this one: <see cref="HistoryEnd.More"/> of the page before.</summary>
    public long? Before { get; init; }

    /// <summary>The answer is to be objects of JSON.</summary>
    public bool IsJson { get; init; }

    /// <summary>How the service itself is.</summary>
    public bool IsAboutService { get; init; }

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().AddOptional(Id, QueueId).AddOptional(RecipientName, Recipient).AddOptional(MessageIdName, MessageId)
            .AddOptional(StateName, State).Add(LimitName, Limit).Add(JsonName, IsJson).Add(StatusName, IsAboutService);
        if (Sender is not null)
            list.Add(SenderName, Sender);
        foreach ((string name, long? number) in ((string, long?)[])[(SinceName, Since), (UntilName, Until), (BeforeName, Before)])
        {
            if (number is { } given)
                list.Add(name, given);
        }
        return list;
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static HistoryQuestion From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        long? Optional(string name) => list.Has(name) ? list.Number(name) : null;
        return new HistoryQuestion
        {
            QueueId = list.OptionalText(Id),
            Sender = list.Has(SenderName) ? list.Text(SenderName) : null,
            Recipient = list.OptionalText(RecipientName),
            MessageId = list.OptionalText(MessageIdName),
            Since = Optional(SinceName),
            Until = Optional(UntilName),
            State = list.OptionalText(StateName),
            Limit = (int)Math.Clamp(list.Number(LimitName), 1, MostMessages),
            Before = Optional(BeforeName),
            IsJson = list.IsTrue(JsonName),
            IsAboutService = list.IsTrue(StatusName),
        };
    }
}

/// <summary>A piece of the answer.</summary>
/// <param name="Cells">One: a line, of text or JSON. More: a row; postqueue has the headings.</param>
public sealed record HistoryPiece(IReadOnlyList<string> Cells)
{
    private const string CellsName = "cells", TextName = "text";

    /// <summary>For the line to who asked.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(CellsName, [.. Cells.Select(static cell => new AttributeList().Add(TextName, cell))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static HistoryPiece From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new([.. list.Lists(CellsName).Select(static cell => cell.Text(TextName))]);
    }
}

/// <summary>The end of the answer.</summary>
/// <param name="More">There is more, after this one; null: that was all.</param>
/// <param name="Refusal">Why there is no answer, in place of one; null: there is.</param>
/// <param name="IsForbidden">Because who asks may not.</param>
public sealed record HistoryEnd(long? More, string? Refusal = null, bool IsForbidden = false)
{
    private const string EndName = "end", RefusalName = "refusal", ForbiddenName = "forbidden";

    /// <summary>For the line to who asked.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(EndName, More ?? 0).AddOptional(RefusalName, Refusal).Add(ForbiddenName, IsForbidden);

    /// <returns>null: it is not the end.</returns>
    /// <exception cref="IpcException">Malformed.</exception>
    public static HistoryEnd? From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return !list.Has(EndName) ? null : new HistoryEnd(list.Number(EndName) is not 0 and var more ? more : null, list.OptionalText(RefusalName), list.IsTrue(ForbiddenName));
    }
}
