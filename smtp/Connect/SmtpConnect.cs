using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>Opens the connections of a delivery request: which servers, in which order, and when to stop trying.</summary>
internal sealed class SmtpConnect(
    MxLookup lookup, SessionCache cache, IDeliveryRecords records, SmtpOptions options, Log log, TimeProvider clock, StopSignal stop)
{
    private SmtpOptions? _ruled;

    // With what main.toml says of the destination.
    private SmtpOptions Ruled => _ruled ?? options;

    /// <summary>Delivers to all recipients: when this returns, each was sent, deferred or bounced (S2-02).</summary>
    /// <param name="content">Opens the message's content at its start; called once per server that wants it.</param>
    /// <returns>What qmgr wants to know.</returns>
    internal DeliveryReport Deliver(DeliveryRequest request, Func<ContentReader> content)
    {
        _ruled = options.For(request.Rule);
        DeliveryAttempt attempt = new(request, MailTime.Microseconds(clock))
        {
            KeepSession = KeepsSession(request),
            Limit = Deadline.In(options.RequestTimeLimit),
        };
        RecipientResults results = new(records, options, log, clock);
        SmtpTrouble trouble = new(attempt, results, Ruled, log);

        Reused? reused = Reuse(attempt, trouble, results, content);
        if (attempt.HasRecipientsLeft)
            TryNextHops(attempt, trouble, results, content, reused);
        return new DeliveryReport(attempt.HasDeferred, attempt.IsCorrupt, attempt.HopTrouble,
            SessionOpen: cache.NextHop == request.NextHop, Ends: false)
        {
            IsUnrecorded = attempt.IsUnrecorded,
            Exchanger = attempt.Exchanger,
        };
    }

    private bool KeepsSession(DeliveryRequest request)
    {
        if (request.MoreWaits && options.ConnectionCacheOnDemand)
            return true;
        foreach (string destination in options.ConnectionCacheDestinations)
        {
            if (destination.Equals(request.NextHop, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    // The server that was tried over an open session, and is not tried again in this request.
    private sealed record Reused(SmtpPeer Peer);

    private Reused? Reuse(DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content)
    {
        if (cache.NextHop is null)
            return null;
        string[] hops = NextHop.Split(attempt.Request.NextHop);
        NextHop? hop = hops.Length > 0 ? NextHop.Parse(hops[0], options) : null;
        SmtpSession? session = hop is not null && PolicyOf(hops[0], hop) is { } tls ? cache.Take(KeyOf(attempt, tls)) : null;
        if (session is null)
            return null;
        attempt.Destination = hops[0];
        attempt.BeginServer(session.Peer, session.IsOnlyServer, session.Tls);
        attempt.IsGreeted = true;
        session.Transfer(attempt, trouble, results, content);
        // A server whose TLS broke gets its other chance with a new connection, with TLS first (S2-17).
        bool again = session.IsStale || attempt.RetriesInPlainText;
        Release(attempt, session);
        if (!again)
            return new Reused(session.Peer);
        attempt.BeginServer(null, isFinal: false);
        return null;
    }

    private void TryNextHops(
        DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content, Reused? reused)
    {
        string[] hops = NextHop.Split(attempt.Request.NextHop);
        int own = hops.Length;
        if (options.FallbackRelay.Count > 0 && !options.IsLmtp)
            hops = [.. hops, .. options.FallbackRelay];

        Dsn? why = null;
        int last = 0;
        bool mayPass = false;
        for (int i = 0; i < hops.Length && attempt.GoesOn; i++)
        {
            mayPass |= i > 0 && (why is null || !SmtpTrouble.IsHard(why));
            if (i == own)
            {
                // Another host, not the destination: mail for the destination returns there as soon as it can.
                _ruled = options.ForFallback(attempt.Request.Rule);
                attempt.KeepSession = false;
            }
            last = i;
            attempt.Destination = hops[i];
            NextHop? hop = NextHop.Parse(hops[i], options);
            if (hop is null)
            {
                log.Warning($"{attempt.QueueId}: bad next hop \"{hops[i]}\": want domain, [host], with :port or without");
                why = SmtpTrouble.Why("4.3.5", $"server configuration problem: bad next hop {hops[i]}");
                continue;
            }
            if (PolicyOf(hops[i], hop) is not { } tls)
            {
                why = SmtpTrouble.BadTlsPolicy();
                continue;
            }
            if (hop.IsUnixSocket)
            {
                why = TryUnixSocket(attempt, trouble, results, content, hop, tls, isFinal: i == hops.Length - 1) ?? why;
                continue;
            }
            HostList list;
            try
            {
                list = lookup.Find(hop);
            }
            catch (StoppingException)
            {
                trouble.Stopping();
                return;
            }
            // A fallback relay may well choose us as the best exchanger again: mail that we are an exchanger for, or that
            // loops, stays away from it. Postfix does the same.
            if (list.IAmMx)
                hops = hops[..(i + 1)];
            if (list.Why is not null)
            {
                why = list.Why;
                continue;
            }
            if (i == 0 && hop.UsesMx)
                attempt.Exchanger = list.Best;
            why = TryHosts(attempt, trouble, results, content, hop, tls, list.Hosts, isFinalHop: i == hops.Length - 1, reused) ?? why;
        }
        // One next hop of several that does not exist says nothing of those that could not take the mail now.
        if (mayPass && last < own && why is not null && SmtpTrouble.IsHard(why))
            why = why.AsTransient();
        if (attempt.HasRecipientsLeft)
            FailTheRest(attempt, trouble, why, isOurChoice: last >= own || attempt.Request.NextHop == options.RelayHost);
    }

    private Dsn? TryHosts(
        DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content,
        NextHop hop, TlsPolicy policy, IReadOnlyList<HostAddress> hosts, bool isFinalHop, Reused? reused)
    {
        int sessions = 0;
        int bestPreference = hosts[0].Preference;
        List<HostAddress> left = HostList.WithinLimit(hosts, options.MxAddressLimit, hop.Port, reused?.Peer);
        HostAddress? again = null;
        Dsn? why = null;
        while ((left.Count > 0 || again is not null) && attempt.GoesOn)
        {
            TlsPolicy tls = again is null ? policy : TlsPolicy.None;
            List<HostAddress> candidates = again is null ? left : [again];
            attempt.BeginServer(null, isFinal: false);
            ConnectRace race = new(Ruled, log, stop);
            Connected? connected;
            try
            {
                connected = race.Run(candidates, hop.Port);
            }
            catch (StoppingException)
            {
                trouble.Stopping();
                return null;
            }
            again = null;
            if (connected is null)
            {
                why = race.Why;
                continue;
            }
            HostAddress host = connected.Host;
            SmtpPeer peer = new(host.Host, host.Address.ToString(), hop.Port);
            attempt.BeginServer(peer, isFinalHop && left.Count == 0, tls);
            SmtpSession session = Open(connected.Stream, peer, tls);
            session.IsOnlyServer = isFinalHop && hosts.Count == 1;
            if (session.Greet(attempt, trouble, host.Preference == bestPreference, hop.Port == options.LoopPort))
            {
                // Only servers that were willing to talk count.
                if (++sessions == options.MxSessionLimit)
                    left.Clear();
                attempt.IsFinalServer = isFinalHop && left.Count == 0;
                session.Transfer(attempt, trouble, results, content);
            }
            Release(attempt, session);
            why = null;
            again = attempt.RetriesInPlainText ? host : null;
        }
        return why;
    }

    private Dsn? TryUnixSocket(
        DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content, NextHop hop, TlsPolicy tls, bool isFinal)
    {
        attempt.BeginServer(null, isFinal: false);
        SmtpPeer peer = new(options.MyHostname, hop.Domain, 0);
        Descriptor socket;
        try
        {
            socket = Descriptor.ConnectUnix(hop.Domain, options.ConnectTimeout);
        }
        catch (IOException e)
        {
            Dsn why = SmtpTrouble.Why("4.4.1", $"connect to {peer.NameAndPort}: {e.Message}");
            log.ConnectFailed(why.Reason);
            return why;
        }
        attempt.BeginServer(peer, isFinal, tls);
        SmtpSession session = Open(new SocketStream(socket, stop), peer, tls);
        session.IsOnlyServer = isFinal;
        if (session.Greet(attempt, trouble, isBestMx: true, detectLoops: false))
            session.Transfer(attempt, trouble, results, content);
        Release(attempt, session);
        return attempt.RetriesInPlainText
            ? TryUnixSocket(attempt, trouble, results, content, hop, TlsPolicy.None, isFinal)
            : null;
    }

    // What the servers of a next hop have to offer; null: a mistake in the configuration.
    private TlsPolicy? PolicyOf(string written, NextHop hop)
    {
        try
        {
            if (options.Tls is not null)
                return options.Tls.For(written, hop.Domain, Ruled.TlsLevel);
            return Ruled.TlsLevel is null or TlsLevel.None ? TlsPolicy.None : throw new FormatException("TLS was not configured when this process began");
        }
        catch (FormatException e)
        {
            log.BadTlsPolicy(written, e.Message);
            return null;
        }
    }

    private SessionKey KeyOf(DeliveryAttempt attempt, TlsPolicy tls) => new(
        attempt.Request.NextHop, options.Login?.Passwords.LoginSenderOf(attempt.Request.Sender) ?? "", attempt.Request.Rule, tls.Key);

    private SmtpSession Open(SocketStream stream, SmtpPeer peer, TlsPolicy tls) =>
        new(new SmtpChat(stream, peer, Ruled, log), peer, Ruled, log, clock) { Tls = tls };

    private void Release(DeliveryAttempt attempt, SmtpSession session)
    {
        if (session.IsReusable)
            cache.Keep(KeyOf(attempt, session.Tls), session);
        else
            session.Dispose();
    }

    // No server is left.
    private void FailTheRest(DeliveryAttempt attempt, SmtpTrouble trouble, Dsn? why, bool isOurChoice)
    {
        attempt.BeginServer(null, isFinal: true);
        why ??= SmtpTrouble.Why("4.3.0", "server unavailable or unable to receive mail");
        // A relay that the operator chose does not exist, or is this system: his mistake, not the sender's (S2-22).
        if (isOurChoice && SmtpTrouble.IsHard(why))
        {
            log.Warning($"{attempt.QueueId}: relay configuration problem: {why.Reason}");
            why = why with { Status = "4.3.5" };
        }
        else if (why.Status == "5.4.6" && options.BestMxTransport.Length > 0)
        {
            HandOn(attempt, trouble);
            return;
        }
        trouble.SiteFails(why);
    }

    private void HandOn(DeliveryAttempt attempt, SmtpTrouble trouble)
    {
        try
        {
            new BestMxTransport(options.BestMxTransport, options.IpcTimeout, stop).Deliver(attempt);
        }
        catch (StoppingException)
        {
            trouble.Stopping();
        }
        catch (IpcException e)
        {
            log.Warning($"{attempt.QueueId}: best_mx_transport: {e.Message}");
            trouble.MessageFails(SmtpTrouble.Why("4.3.0", "mail transport unavailable"));
        }
    }
}
