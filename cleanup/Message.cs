using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>What is known so far of the message in hand.</summary>
internal sealed class Message
{
    internal required QueueId Id { get; init; }

    /// <summary>Takes what is to be told of it.</summary>
    internal required Log Log { get; init; }

    /// <summary>Made by the mail system itself: a notice.</summary>
    internal bool IsInternal { get; init; }

    /// <summary>The client cannot tell the sender: good mail that must not go on is queued to be returned (A0.2).</summary>
    internal bool IsReturned { get; init; }

    /// <summary>A mail server took it in.</summary>
    internal bool IsFromServer { get; init; }

    /// <summary>Where it came in, what holds there.</summary>
    internal Reception Reception { get; init; } = Reception.Usual;

    /// <summary>Tables change its addresses, and some get copies of it.</summary>
    internal bool IsMapped => !Reception.Omits(ReceiveOverrides.AddressMappings);

    /// <summary>Its content is looked at. Mail of the system itself is not, unless that is wanted.</summary>
    internal bool IsChecked { get; init; } = true;

    /// <summary>It goes on hold.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>It is taken, and thrown away.</summary>
    internal bool IsDiscarded { get; set; }

    /// <summary>Nothing looks at it (any more): no checks of what it has in it, no milters.</summary>
    internal bool IsPassed { get; set; }

    /// <summary>transport:nexthop that it is to go to; null: nobody said.</summary>
    internal string? Filter { get; set; }

    /// <summary>Who gets it in the place of all its recipients; null: nobody.</summary>
    internal string? Redirect { get; set; }

    /// <summary>Who gets a copy because of what it has in it.</summary>
    internal List<string> Copies { get; } = [];

    /// <summary>Where it comes from, as log lines have it; null: nobody said.</summary>
    internal string? Origin { get; set; }

    /// <summary>"ESMTP" and the like; null: it came in another way.</summary>
    internal string? Protocol { get; set; }

    /// <summary>What the client called itself; null: likewise.</summary>
    internal string? Helo { get; set; }

    /// <summary>The last recipient so far, complete: log lines have it.</summary>
    internal string? LastRecipient { get; set; }

    /// <summary>Who is to see it; null: nobody.</summary>
    internal MessageMilters? Milters { get; set; }

    /// <summary>Where its file can be changed afterwards; null: it will not be.</summary>
    internal EditPlaces? Places { get; set; }

    /// <summary>The first Received:, with LF between lines: that of this system; null before it.</summary>
    internal byte[]? FirstReceived { get; set; }

    /// <summary>Aliases that took part, for senders who want to hear of it: RFC 3461 section 5.2.7.3.</summary>
    internal List<Outcome> Expanded { get; } = [];

    /// <summary>Recipients that others take the place of, aliases and lists; null: nobody wants to know.</summary>
    internal List<Recipient>? Aliases { get; init; }

    /// <summary>The header Message-Id; null before it.</summary>
    internal string? MessageId { get; set; }

    /// <summary>ENVID; null: none.</summary>
    internal string? EnvelopeId { get; set; }

    /// <summary>Name and address of the client of the server that took it in; null: nobody said.</summary>
    internal string? ClientName { get; set; }

    /// <inheritdoc cref="ClientName"/>
    internal string? ClientAddress { get; set; }

    /// <summary>When the queue file was made, seconds since 1970.</summary>
    internal required long CreateTime { get; init; }

    /// <summary>When the message arrived, seconds since 1970; null before the first record.</summary>
    internal long? Arrival { get; set; }

    /// <summary>Envelope sender, completed; null before its record.</summary>
    internal string? Sender { get; set; }

    internal string FullName { get; set; } = "";

    /// <summary>The Content-Transfer-Encoding: header beats the envelope.</summary>
    internal BodyEncoding Encoding { get; set; }

    /// <summary>How addresses in headers are completed, before tables change them; null: the headers of this message stay as they are, and
    /// missing ones are not added (rewrite_context).</summary>
    internal required AddressCompletion? HeaderCompletion { get; set; }

    /// <summary>Whether, and why, it needs SMTPUTF8.</summary>
    internal SmtpUtf8 SmtpUtf8 { get; set; }

    /// <summary>What its sender wants of TLS.</summary>
    internal RequireTls RequireTls { get; set; }

    /// <summary>When it is to go out, seconds since 1970; 0: at once.</summary>
    internal long ReleaseTime { get; set; }

    /// <summary>What it is part of; null: nobody wants to know.</summary>
    internal TraceContext? Trace { get; set; }

    /// <summary>What is to be told of any recipient.</summary>
    internal Notify Notify { get; set; }
}
