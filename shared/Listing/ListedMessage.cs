using PostfixNet.Delivery;

namespace PostfixNet.Listing;

/// <summary>One message of a listing.</summary>
/// <param name="Queue">Directory name, e.g. "deferred".</param>
/// <param name="Id">Queue id.</param>
/// <param name="Time">Arrival, seconds since 1970.</param>
/// <param name="Size">Octets.</param>
/// <param name="IsExpired">Will be returned at its next attempt (postsuper -e).</param>
/// <param name="Sender">External form; empty_address_recipient for the null sender.</param>
public sealed record ListedMessage(string Queue, string Id, long Time, long Size, bool IsExpired, string Sender)
{
    /// <summary>Next attempt, seconds since 1970; null: none is planned.</summary>
    public long? NextAttempt { get; init; }

    /// <summary>What is wanted of TLS: "yes" or "no"; null: nothing.</summary>
    public string? RequireTls { get; init; }

    /// <summary>Attempts that were made; 0: none, or it is not known.</summary>
    public int Attempts { get; init; }
}

/// <summary>One recipient of a listing.</summary>
/// <param name="Address">External form.</param>
/// <param name="Reason">Why it was not delivered; null: unknown.</param>
/// <param name="Code">The status code of that, e.g. "4.4.1"; null likewise.</param>
/// <param name="Route">Where it goes; null: not asked for, or unknown.</param>
public readonly record struct ListedRecipient(string Address, string? Reason, string? Code = null, MailRoute? Route = null);

/// <summary>Takes a listing in, piece by piece, so that nobody must hold a message with all its recipients.</summary>
public interface IListingOutput
{
    /// <summary>A message begins.</summary>
    public void Begin(ListedMessage message);

    /// <summary>One of its recipients.</summary>
    public void Recipient(in ListedRecipient recipient);

    /// <summary>It ends.</summary>
    public void EndMessage();
}
