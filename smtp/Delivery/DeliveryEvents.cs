using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>What became of recipients, as events (docs/events.md). Only there when events are recorded.</summary>
/// <param name="transport">Name of the service.</param>
/// <param name="attempt">Which attempt it is.</param>
internal sealed class DeliveryEvents(string transport, int attempt)
{
    private readonly HashSet<string> _words = [];
    private MailEvent? _first, _last;
    private int _count;

    /// <summary>One recipient.</summary>
    /// <param name="status">What became of it; not that of a probe.</param>
    /// <param name="times">When what happened.</param>
    internal MailEvent Of(ServerTurn turn, Recipient recipient, DeliveryStatus status, Dsn dsn, in DeliveryLog.Times times)
    {
        DeliveryRequest request = turn.Delivery.Request;
        EventKind kind = status switch
        {
            DeliveryStatus.Sent => IsItsServer(turn, recipient) ? EventKind.Delivered : EventKind.Relayed,
            DeliveryStatus.Bounced => EventKind.Bounced,
            _ => EventKind.Deferred,
        };
        string id = kind == EventKind.Deferred
            ? MailEvent.IdOfRecipient(request.Id, recipient.Offset, kind, request.ActiveMicroseconds)
            : MailEvent.IdOfRecipient(request.Id, recipient.Offset, kind);
        MailEvent told = new(kind, id)
        {
            Time = times.Done,
            QueueId = turn.Delivery.QueueId,
            Sender = request.Sender,
            Size = request.Size,
            EnvelopeId = request.EnvelopeId,
            Recipient = recipient.Address,
            OriginalRecipient = recipient.HasOtherOriginal ? recipient.Original : null,
            Attempt = attempt,
            Transport = transport,
            NextHop = request.NextHop,
            Status = DeliveryLog.Word(status),
            Dsn = dsn.Status,
            Reply = dsn.Reason,
            Remote = turn.Peer is { } peer ? new EventRemote(peer.Host, peer.Address, peer.Port == 0 ? null : peer.Port) : null,
            Delays = new EventDelays(times.Active - times.Arrival, times.Handed - times.Active, times.SetUp - times.Handed, times.Done - times.SetUp),
            Tls = TlsOf(turn),
            Reason = kind == EventKind.Deferred ? WaitCode.Backoff.Word() : null,
            Trace = EventTrace.Of(request.Trace, request.Id),
        };
        _words.Add(told.Status!);
        (_first, _last, _count) = (_first ?? told, told, _count + 1);
        return told;
    }

    /// <summary>All of it, once it is over; null: it was about nobody.</summary>
    /// <param name="request">What it was asked for.</param>
    internal MailEvent? Whole(DeliveryRequest request) => _last is null ? null : _last with
    {
        Kind = EventKind.Attempt,
        // Deliveries of a message to several destinations differ by whom they are for.
        Id = MailEvent.IdOfRecipient(request.Id, request.Recipients[0].Offset, EventKind.Attempt, request.ActiveMicroseconds),
        Recipient = null,
        OriginalRecipient = null,
        Recipients = _count,
        Status = _words.Count == 1 ? _last.Status : "mixed",
        Reason = null,
        Delays = _first!.Delays! with { Connection = _last.Delays!.Connection, Transmission = _last.Delays.Transmission },
    };

    // A mail exchanger of the recipient's domain; and LMTP is spoken where mailboxes are.
    private static bool IsItsServer(ServerTurn turn, Recipient recipient) => turn.Delivery.Options.IsLmtp
        || (turn.Peer is not null && turn.Destination.Hop is { UsesMx: true } hop && hop.Domain.Equals(Address.DomainOf(recipient.Address), StringComparison.OrdinalIgnoreCase));

    private static EventTls? TlsOf(ServerTurn turn) => turn.Peer is null || turn.TlsUse is not { } use ? null
        : new EventTls(use.Level, use.Protocol, use.Cipher, turn.VerifiedBy == Verification.None ? null : use.Verified, use.Protocol is null ? null : use.IsResumed);
}
