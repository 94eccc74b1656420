using System.Diagnostics;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>One message of the active queue, while it is there: what is to be known of it, and what became of its recipients.</summary>
/// <remarks>Recipients are read from its file in one batch or several. Each that was read is settled once: delivered, returned,
/// or put off on record. The last one ends the batch, and nothing else does; what comes then is up to <see cref="Completion"/>.
/// Thousands are in memory at once: of the envelope only that is kept which somebody asks for later.</remarks>
internal sealed class Message
{
    private const long LongestAge = 100L * 366 * 86_400;
    private readonly ActiveQueue _queue;
    private readonly long _created;
    private RetryPlan? _retry;

    /// <param name="queue">Hears of its recipients.</param>
    /// <param name="id">Its name.</param>
    /// <param name="envelope">What its file says.</param>
    /// <param name="active">When it entered the active queue, microseconds since 1970.</param>
    internal Message(ActiveQueue queue, QueueId id, Envelope envelope, long active)
    {
        (_queue, Id, ActiveMicroseconds) = (queue, id, active);
        Sender = envelope.Sender ?? "";
        Size = envelope.Size?.EffectiveSize ?? 0;
        DataOffset = envelope.DataOffset;
        (Encoding, SmtpUtf8, Tracing) = (envelope.Encoding, envelope.SmtpUtf8, envelope.Tracing);
        RequireTls = envelope.RequireTls;
        (EnvelopeId, Return, Verp) = (envelope.EnvelopeId, envelope.Return, envelope.Verp);
        Trace = TraceContext.Parse(envelope.Attribute(AttributeName.TraceContext));
        Origin = MessageOrigin.Of(envelope);
        OwnRoute = RouteOf(envelope);
        TlsLevel = envelope.Attribute(AttributeName.TlsLevel);
        (WarnTime, WarnTimeOffset) = (envelope.WarnTime, envelope.WarnTimeOffset);
        ArrivalMicroseconds = envelope.ArrivalSeconds * 1_000_000 + envelope.ArrivalMicroseconds;
        _created = Math.Max(envelope.CreateTime > 0 ? envelope.CreateTime : envelope.ArrivalSeconds, envelope.ReleaseTime);
        TotalRecipients = envelope.TotalRecipients;
    }

    internal QueueId Id { get; }

    /// <summary>Envelope sender, internal form; empty: the null sender.</summary>
    internal string Sender { get; }

    /// <summary>Content length, as announced and logged.</summary>
    internal long Size { get; }

    /// <summary>File offset of the content.</summary>
    internal long DataOffset { get; }

    internal BodyEncoding Encoding { get; }

    internal SmtpUtf8 SmtpUtf8 { get; }

    internal Tracing Tracing { get; }

    /// <summary>What it is part of; null: nothing that anybody wants to know.</summary>
    internal TraceContext? Trace { get; }

    /// <summary>What its sender wants of TLS.</summary>
    internal RequireTls RequireTls { get; }

    // A filter is not asked what would become of mail, and does not see what goes to somebody else.
    private static string? RouteOf(Envelope envelope) => envelope.ContentFilter is not { Length: > 0 } route
        || (BuiltInTransports.Find(route.Split(':')[0]) is null && ((envelope.Tracing & Tracing.Probe) != 0 || envelope.Redirect is { Length: > 0 })) ? null : route;

    /// <summary>ENVID; null: none.</summary>
    internal string? EnvelopeId { get; }

    internal DsnReturn Return { get; }

    /// <summary>VERP delimiters; null: the sender did not ask for VERP.</summary>
    internal string? Verp { get; }

    /// <summary>Where it came from; null: from this system.</summary>
    internal MessageOrigin? Origin { get; }

    /// <summary>The route that it asks for itself; null: each recipient has its own.</summary>
    internal string? OwnRoute { get; }

    /// <summary>TLS security level that an operator gave it; null: none.</summary>
    internal string? TlsLevel { get; }

    /// <summary>When the sender is to be told of the delay, seconds since 1970; 0: never; -1: that was done.</summary>
    internal long WarnTime { get; }

    /// <summary>Where the file has that.</summary>
    internal long WarnTimeOffset { get; }

    /// <summary>Recipients that the file has, done ones too.</summary>
    internal int TotalRecipients { get; }

    /// <summary>When it arrived, microseconds since 1970.</summary>
    internal long ArrivalMicroseconds { get; }

    /// <summary>When it entered the active queue, microseconds since 1970.</summary>
    internal long ActiveMicroseconds { get; }

    /// <summary>Asked for by an operator: dead destinations are tried all the same (S5-07).</summary>
    internal bool IgnoresDeadDestinations { get; init; }

    /// <summary>How often it was tried before, as far as is known.</summary>
    internal int Attempts { get; init; }

    /// <summary>Where the file has the recipient on whose behalf it goes to somebody else, in one copy for all; 0: it is not redirected.</summary>
    internal long SpokesmanOffset { get; init; }

    /// <summary>Its jobs, one for each transport that has had recipients of it.</summary>
    internal Job[] Jobs { get; private set; } = [];

    /// <summary>Recipients that were read and are not settled: all that are in memory.</summary>
    internal int Open { get; private set; }

    /// <summary>Recipients that are still in the file only; null: none.</summary>
    internal UnreadRecipients? Unread { get; private set; }

    /// <summary>A recipient was put off, in this or an earlier batch: the message must stay.</summary>
    internal bool SomeDeferred { get; private set; }

    /// <summary>Its file may have marks of done recipients that are not on stable storage.</summary>
    internal bool HasNewMarks { get; private set; }

    /// <summary>A recipient is put off, but the defer log does not say so: the message must not expire by that log.</summary>
    internal bool IsUnrecorded { get; private set; }

    /// <summary>The notice about failed recipients, or about delivered ones, could not be sent; its log must not be left without
    /// its message.</summary>
    internal bool NoticeFailed { get; private set; }

    /// <summary>An agent could not read the file.</summary>
    internal bool IsCorrupt { get; private set; }

    /// <summary>Number of the operator's list (<see cref="PausedDeliveries.Version"/>) by which a recipient's delivery was put off:
    /// no verdict on the message before it was tried. 0: none was.</summary>
    internal int PausedUnder { get; private set; }

    /// <summary>A recipient's delivery was put off by the operator.</summary>
    internal bool IsPaused => PausedUnder > 0;

    /// <summary>All recipients that were put off have had their last attempt.</summary>
    internal bool IsGivenUp => _retry is { IsOver: true };

    /// <summary>What becomes of it in place of its delivery; null: it is delivered.</summary>
    internal Diversion? Diversion { get; private set; }

    /// <summary>Some of its recipients were left in the file because of that.</summary>
    internal bool HasDiverted { get; private set; }

    /// <summary>No delivery of it starts any more.</summary>
    internal void Divert(Diversion diversion) => Diversion ??= diversion;

    /// <summary>Some recipients are left in the file, whatever becomes of it.</summary>
    internal void SettleDiverted(int recipients)
    {
        HasDiverted = true;
        Settle(recipients);
    }

    /// <summary>A batch of recipients was read from the file.</summary>
    /// <param name="recipients">How many.</param>
    /// <param name="next">Where the file has more that are to do; 0: nowhere.</param>
    /// <param name="now">On the loop's clock.</param>
    internal void Read(int recipients, long next, long now)
    {
        Open += recipients;
        Unread = next == 0 ? null : new UnreadRecipients(next, now);
        _queue.Changed(this, recipients);
    }

    /// <summary>The outcome of recipients is known, and on record. The last ends the batch.</summary>
    /// <exception cref="UnreachableException">So many are not open: some would be settled twice, and others never.</exception>
    internal void Settle(int recipients)
    {
        if (recipients > Open)
            throw new UnreachableException($"{Id}: {recipients} recipients settled, {Open} open");
        Open -= recipients;
        _queue.Changed(this, -recipients);
    }

    /// <summary>Some recipients are left for another attempt.</summary>
    /// <param name="policy">Of their destination.</param>
    /// <param name="now">Microseconds since 1970.</param>
    /// <param name="notBefore">When their destination may be tried again, likewise.</param>
    internal void PutOff(RetryPolicy policy, long now, long notBefore)
    {
        SomeDeferred = true;
        (_retry ??= new RetryPlan()).PutOff(policy, AgeAt(now), now, notBefore);
    }

    /// <summary>Some recipients are left until the operator lets them go.</summary>
    /// <param name="version">Of the operator's list.</param>
    internal void Pause(int version) => (SomeDeferred, PausedUnder) = (true, version);

    /// <summary>Recipients may have been marked done in its file.</summary>
    internal void NoteMarks() => HasNewMarks = true;

    /// <summary>The reason why a recipient is put off could not be recorded.</summary>
    internal void MissRecord() => IsUnrecorded = true;

    /// <summary>A notice could not be sent: the message stays, and asks for it again.</summary>
    internal void MissNotice() => SomeDeferred = NoticeFailed = true;

    /// <summary>An agent could not read the file.</summary>
    internal void FindCorrupt() => IsCorrupt = true;

    /// <summary>When the next attempt is due, microseconds since 1970.</summary>
    /// <inheritdoc cref="RetryPlan.NextAttempt" path="/param"/>
    internal long NextAttempt(RetryPolicy usual, long now, double chance) =>
        (_retry ?? new RetryPlan()).NextAttempt(usual, AgeAt(now), now, chance);

    /// <summary>Time since the message entered the queue, or since it was to go out, by what the file says of it: never negative. Not since it was submitted: what lay
    /// unseen in maildrop has all its attempts yet before it.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    /// <remarks>The times in a file are somebody else's word: any value must make an age.</remarks>
    internal TimeSpan AgeAt(long now) => TimeSpan.FromSeconds(Math.Clamp(now / 1_000_000 - _created, 0, LongestAge));

    /// <summary>Its job on a transport; null: there is none yet.</summary>
    internal Job? JobOn(Transport transport) => Array.Find(Jobs, job => job.Transport == transport);

    /// <summary>It has recipients for another transport.</summary>
    internal void Add(Job job) => Jobs = [.. Jobs, job];

    /// <summary>What gives each delivery of it a return path; null: it has none.</summary>
    internal ReturnPathBook? ReturnPaths { get; init; }

    /// <summary>Recipients in one delivery: with VERP or a return path, one.</summary>
    internal int RecipientLimit(Destination destination) => Verp is null && ReturnPaths is null ? destination.RecipientLimit : 1;

    /// <summary>The envelope sender of the mail for a recipient: with VERP, one that tells the recipient.</summary>
    /// <param name="recipient">Who.</param>
    /// <param name="myDomain">Domain of recipients without one.</param>
    internal string SenderTo(Recipient recipient, string myDomain) => Verp is { } delimiters && Sender.Length > 0
        ? Mail.Verp.Sender(delimiters, Sender, recipient.Original ?? recipient.Address, myDomain)
        : Sender;

    /// <summary>What a notice says about it.</summary>
    internal MessageFacts Facts => new(QueueName.Active, Id, Sender, SmtpUtf8, EnvelopeId, Return, Verp) { RequireTls = RequireTls };
}
