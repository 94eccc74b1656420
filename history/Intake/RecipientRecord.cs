using PostfixNet.Events;

namespace PostfixNet.History;

/// <summary>A row about a recipient: what became of it last.</summary>
/// <param name="message">Number of the message.</param>
/// <param name="address">Address, as a column has it.</param>
internal sealed class RecipientRecord(long message, string address)
{
    internal long Message => message;

    internal string Address => address;

    internal string? Original { get; set; }

    /// <summary>A word of <see cref="RecipientState"/>.</summary>
    internal string State { get; set; } = RecipientState.Waiting;

    internal long Attempts { get; set; }

    /// <summary>Microseconds since 1970.</summary>
    internal long Changed { get; set; }

    internal string? Transport { get; set; }

    internal string? NextHop { get; set; }

    internal string? Dsn { get; set; }

    internal string? Reply { get; set; }

    internal string? Remote { get; set; }

    /// <summary>Microseconds since 1970.</summary>
    internal long? NextAttempt { get; set; }

    /// <summary>Goes on by an event.</summary>
    internal void Take(MailEvent told)
    {
        Changed = Math.Max(Changed, told.Time);
        Original ??= ColumnText.Of(told.OriginalRecipient);
        Transport = ColumnText.Of(told.Transport) ?? Transport;
        NextHop = ColumnText.Of(told.NextHop) ?? NextHop;
        if (RecipientState.After(told.Kind) is not { } state)
            return;
        State = state;
        // Who got it by a list, or was taken off, was not tried.
        bool isTried = told.Kind is EventKind.Deferred or EventKind.Delivered or EventKind.Relayed or EventKind.Bounced;
        Attempts = Math.Max(told.Attempt ?? 0, Attempts + (told.Attempt is null && isTried ? 1 : 0));
        (Dsn, Reply, Remote, NextAttempt) = (ColumnText.Of(told.Dsn), ColumnText.Reply(told.Reply), ServerOf(told.Remote), told.NextAttempt);
    }

    /// <summary>Another recipient gets the mail in its place.</summary>
    internal void GiveWay(MailEvent told) => (Changed, State, NextAttempt) = (Math.Max(Changed, told.Time), RecipientState.Redirected, null);

    private static string? ServerOf(EventRemote? remote) => remote is null ? null
        : ColumnText.Of($"{remote.Name}[{remote.Address}]{(remote.Port is { } port ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $":{port}") : "")}");
}
