using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>A recipient of the message to come.</summary>
/// <param name="Address">Internal form, as the client gave it.</param>
/// <param name="Notify">NOTIFY: RFC 3461 section 4.1.</param>
/// <param name="Original">ORCPT, "type;address", decoded; null: not given.</param>
/// <param name="Given">The address in the client's own words.</param>
internal sealed record EnvelopeRecipient(string Address, Notify Notify, string? Original, string Given);

/// <summary>A message between MAIL and the end of its content.</summary>
internal sealed class Transaction
{
    /// <summary>Internal form, as the client gave it; empty: the null sender.</summary>
    internal required string Sender { get; init; }

    /// <summary>When MAIL came, microseconds since 1970.</summary>
    internal required long Arrival { get; init; }

    /// <summary>SIZE: RFC 1870; 0: not said.</summary>
    internal long Size { get; init; }

    /// <summary>BODY: RFC 6152.</summary>
    internal BodyEncoding Encoding { get; init; }

    /// <summary>SMTPUTF8: RFC 6531.</summary>
    internal bool IsSmtpUtf8 { get; init; }

    /// <summary>REQUIRETLS: RFC 8689.</summary>
    internal bool RequiresTls { get; init; }

    /// <summary>HOLDFOR, HOLDUNTIL: RFC 4865; seconds since 1970; 0: not said.</summary>
    internal long Release { get; init; }

    /// <summary>RET.</summary>
    internal DsnReturn Return { get; init; }

    /// <summary>ENVID, decoded; null: not given.</summary>
    internal string? EnvelopeId { get; init; }

    /// <summary>AUTH= of MAIL: RFC 4954 section 5; empty: not given.</summary>
    internal string Author { get; init; } = "";

    internal List<EnvelopeRecipient> Recipients { get; } = [];

    /// <summary>BDAT was said, whatever the answer.</summary>
    internal bool HasChunks { get; set; }

    /// <summary>The content, as far as it came in chunks; null: none was taken.</summary>
    internal IncomingMessage? Chunks { get; set; }

    /// <summary>All of the content has come.</summary>
    internal bool IsOver { get; set; }

    /// <summary>Octets of the chunks so far.</summary>
    internal long ChunkOctets { get; set; }

    /// <summary>A chunk was refused: no more of the message is taken.</summary>
    internal void DropChunks()
    {
        Chunks?.Dispose();
        Chunks = null;
    }

    /// <summary>Recipients refused for being too many.</summary>
    internal int Overshoot { get; set; }

    /// <summary>What is said in the place of a permission, after sender restrictions that could not be checked.</summary>
    internal Reply? DeferAfterSender { get; set; }

    /// <summary>Whether the sender exists is decided (reject_unlisted_sender).</summary>
    internal bool IsSenderChecked { get; set; }

    /// <summary>The message is taken, and thrown away (DISCARD).</summary>
    internal bool IsDiscarded { get; set; }

    /// <summary>It is put on hold (HOLD).</summary>
    internal bool IsHeld { get; set; }

    /// <summary>The filter that it goes through (FILTER), transport:nexthop; null: the usual one, or none.</summary>
    internal string? Filter { get; set; }

    /// <summary>Who gets it in the place of all recipients (REDIRECT); null: they do.</summary>
    internal string? Redirect { get; set; }

    /// <summary>Who gets it, too (BCC).</summary>
    internal List<string> Copies { get; } = [];

    /// <summary>Headers that go before all others (PREPEND).</summary>
    internal List<string> Prepended { get; } = [];
}
