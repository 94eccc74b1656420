using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Tables;

namespace PostfixNet.Smtp;

/// <summary>Opens the connections of a delivery request: which servers, in which order, and when to stop trying.</summary>
internal sealed class SmtpConnect(DeliveryContext delivery, MxLookup lookup, ServerPolicies policies, SessionCache cache)
{
    private readonly DeliveryState _state = new(delivery.Request.Recipients);
    private readonly Surroundings _surroundings = delivery.Surroundings;
    private readonly SmtpOptions _options = delivery.Options;
    private readonly Dictionary<(string Written, bool IsOwn), (TlsPolicy? Policy, RequireTlsLevel RequireTls)> _policiesOfHops = [];
    private TlsPolicy? _asked;

    /// <summary>Delivers to all recipients: when this returns, each was sent, deferred or bounced (S2-02).</summary>
    /// <returns>What qmgr wants to know.</returns>
    internal DeliveryReport Deliver()
    {
        try
        {
            SmtpPeer? tried = TryOpenSession();
            if (_state.HasUndecided)
                TryNextHops(tried);
        }
        catch (StoppingException)
        {
            new SmtpTrouble(ServerTurn.Nobody(delivery, _state)).Stopping();
        }
        TellTlsResults();
        if (_state.HasDeferred && (_state.TlsWhenDeferred ?? _state.TlsWhenPassedOver ?? NobodysTls()) is { } use)
            delivery.Records.NoteTls(use);
        new LateReports(delivery).Send(_state.UntoldSuccesses);
        return _state.Report(sessionOpen: cache.NextHop == delivery.Request.NextHop);
    }

    // No server was reached.
    private TlsUse? NobodysTls() => _asked is { Level: not TlsLevel.None } ? new TlsUse(TlsPolicy.WordFor(_asked.Level), Why: "no server was talked to") : null;

    private bool GoesOn => _state.HasUndecided && !_state.IsGivenUp && delivery.Limit.RemainingMilliseconds > 0;

    private bool KeepsSession => (delivery.Request.MoreWaits && _options.ConnectionCacheOnDemand)
        || _options.ConnectionCacheDestinations.Contains(delivery.Request.NextHop, StringComparer.OrdinalIgnoreCase);

    // Returns the server that had its turn, and is not tried again in this request.
    private SmtpPeer? TryOpenSession()
    {
        if (cache.NextHop is null)
            return null;
        string[] hops = NextHop.Split(delivery.Request.NextHop);
        NextHop? hop = hops.Length > 0 ? NextHop.Parse(hops[0], _options) : null;
        if (hop is null || PolicyOf(hops[0], hop, _options, out RequireTlsLevel requireTls) is not { } tls || cache.Take(KeyOf(tls)) is not { } session)
            return null;
        Destination destination = new(hops[0], hop, tls, _options) { KeepsSession = KeepsSession, RequireTls = requireTls };
        ServerTurn turn = new(delivery, _state, destination, session.Peer)
        {
            Tls = session.Tls,
            ConnectionUse = session.Uses + 1,
            IsFinal = session.IsOnlyServer,
            IsGreeted = true,
            HasCarriedMail = true,
        };
        SessionEnd end = session.Transfer(turn);
        Release(session, end);
        // A server whose TLS broke gets its other chance with a new connection, with TLS first (S2-17).
        return end == SessionEnd.Stale || turn.RetriesInPlainText ? null : session.Peer;
    }

    // tried: had its turn.
    private void TryNextHops(SmtpPeer? tried)
    {
        string[] hops = NextHop.Split(delivery.Request.NextHop);
        int own = hops.Length;
        if (_options.FallbackRelay.Count > 0 && !_options.IsLmtp)
            hops = [.. hops, .. _options.FallbackRelay];

        Dsn? why = null;
        int last = 0;
        bool mayPass = false;
        for (int i = 0; i < hops.Length && GoesOn; i++)
        {
            mayPass |= i > 0 && (why is null || !SmtpTrouble.IsHard(why));
            last = i;
            if (Understand(hops[i], isFallback: i >= own, out Dsn? mistake) is not { } destination)
            {
                why = mistake;
                continue;
            }
            _asked = destination.Tls;
            if (destination.Hop.IsUnixSocket)
            {
                if (destination.Tls.Level is TlsLevel.Dane or TlsLevel.DaneOnly)
                {
                    delivery.Log.BadTlsPolicy(destination.Written, "the levels dane and dane-only make no sense with a Unix-domain socket");
                    why = SmtpTrouble.BadTlsPolicy();
                    continue;
                }
                why = TryUnixSocket(destination with { IsLast = i == hops.Length - 1 }, destination.Tls) ?? why;
                continue;
            }
            HostList list = lookup.Find(destination.Hop);
            // A fallback relay may well choose us as the best exchanger again: mail that we are an exchanger for, or that
            // loops, stays away from it. Postfix does the same.
            if (list.IAmMx)
                hops = hops[..(i + 1)];
            if (list.Why is not null)
            {
                why = list.Why;
                continue;
            }
            if (i == 0 && destination.Hop.UsesMx)
                _state.Exchanger = list.Best;
            _state.TlsResults = i < own ? TlsResultsFor(destination) : null;
            why = TryHosts(destination with { IsLast = i == hops.Length - 1 }, list.Hosts, tried) ?? why;
            TellTlsResults();
            FailRefused();
        }
        // One next hop of several that does not exist says nothing of those that could not take the mail now.
        if (mayPass && last < own && why is not null && SmtpTrouble.IsHard(why))
            why = why.AsTransient();
        if (_state.HasUndecided)
            FailTheRest(why, isOurChoice: last >= own || delivery.Request.NextHop == _options.RelayHost);
    }

    // A fallback relay is another host, not the destination: mail for the destination returns there as soon as it can.
    private Destination? Understand(string written, bool isFallback, out Dsn? mistake)
    {
        mistake = null;
        SmtpOptions options = isFallback ? _surroundings.Options.ForFallback(delivery.Request.Rule) : _options;
        if (NextHop.Parse(written, options) is not { } hop)
        {
            delivery.Log.Warning($"{delivery.QueueId}: bad next hop \"{written}\": want domain, [host], with :port or without");
            mistake = SmtpTrouble.Why("4.3.5", $"server configuration problem: bad next hop {written}");
            return null;
        }
        if (PolicyOf(written, hop, options, out RequireTlsLevel requireTls) is { } tls)
            return new Destination(written, hop, tls, options) { KeepsSession = KeepsSession && !isFallback, RequireTls = requireTls };
        mistake = SmtpTrouble.BadTlsPolicy();
        return null;
    }

    private Dsn? TryHosts(Destination destination, IReadOnlyList<HostAddress> hosts, SmtpPeer? tried)
    {
        int sessions = 0;
        List<HostAddress> left = HostList.WithinLimit(hosts, _options.MxAddressLimit, destination.Hop.Port, tried);
        ServersLeft servers = new(left, destination, policies, _state.TlsResults, delivery.Log);
        // The server that gets another connection, and how it is protected.
        HostAddress? again = null;
        TlsPolicy tls = destination.Tls;
        TlsFinding? finding = null;
        string plainText = "";
        bool handshakeFailed = false;
        SessionEnd end = SessionEnd.Over;
        Dsn? why = null;
        while ((left.Count > 0 || again is not null) && GoesOn)
        {
            bool isFresh = end == SessionEnd.Stale;
            if (again is null && servers.Sift() is { } unfit)
            {
                why = unfit;
                _state.SomeMayYetTakeIt |= !SmtpTrouble.IsHard(unfit);
                continue;
            }
            ConnectRace race = new(again is null ? left : [again], destination, _surroundings);
            bool isNew = again is null;
            again = null;
            if (race.Run() is not { } connected)
            {
                why = race.Why;
                _state.SomeMayYetTakeIt = true;
                continue;
            }
            HostAddress host = connected.Host;
            if (isNew)
                (tls, finding) = (servers.PolicyOf(host).Tls, servers.PolicyOf(host).Finding);
            ServerTurn turn = new(delivery, _state, destination, host.At(destination.Hop.Port))
            {
                Tls = tls,
                Finding = finding,
                LocalAddress = _state.TlsResults is null ? "" : connected.Stream.LocalAddress?.ToString() ?? "",
                PlainTextReason = plainText,
                HasHandshakeFailed = handshakeFailed,
                HasOtherFamily = !_state.HasAskedOtherFamily && left.Exists(other => other.IsIPv6 != host.IsIPv6),
                IsFinal = destination.IsLast && left.Count == 0,
                IsBestExchanger = host.Preference == hosts[0].Preference,
            };
            SmtpSession session = Open(connected.Stream, turn, isOnlyServer: destination.IsLast && hosts.Count == 1);
            end = SessionEnd.Over;
            if (session.Greet(turn))
            {
                // Only servers that were willing to talk count, each once.
                if (!isFresh && ++sessions == _options.MxSessionLimit)
                    left.Clear();
                turn.IsFinal = destination.IsLast && left.Count == 0;
                end = session.Transfer(turn);
            }
            Release(session, end);
            if (turn is { HasHandshakeFailed: true, HasCarriedMail: true } && destination.Options.Tls is { } policies)
                policies.Broken.Note(turn.Server, delivery.Now);
            // Recipients that were not refused so need all servers.
            if (turn.HasOtherFamily && _state.HasAskedOtherFamily && _state.Undecided.All(static recipient => recipient.RefusalOfFamily is not null))
                left.RemoveAll(other => other.IsIPv6 == host.IsIPv6);
            why = null;
            again = turn.RetriesInPlainText || end == SessionEnd.Stale ? host : null;
            plainText = "";
            handshakeFailed = turn is { RetriesInPlainText: true, IsEncrypted: false };
            if (turn.RetriesInPlainText)
                (tls, plainText) = (TlsPolicy.None, turn.PlainTextReason.Length > 0 ? turn.PlainTextReason : "the conversation broke over TLS");
        }
        return why;
    }

    // Domains that have mail exchangers get reports, and nobody about the mail that brings a report (S3-23), nor about mail to which policies do not apply (TLS-Required: No).
    private TlsResults? TlsResultsFor(Destination destination) =>
        destination is { Hop.UsesMx: true, Tls.Level: not TlsLevel.None, Options.TlsReports: { } wanted } && !delivery.Request.Sender.Equals(wanted.Sender, StringComparison.OrdinalIgnoreCase)
        && !destination.Options.RequireTls.PrefersDelivery(delivery.Request.RequireTls)
        && DomainName.ToAscii(destination.Hop.Domain) is { } domain ? new TlsResults(domain.ToLowerInvariant()) : null;

    private void TellTlsResults()
    {
        if (_state.TlsResults?.Attempt is { } attempt)
            _surroundings.TellTls?.Invoke(attempt);
        _state.TlsResults = null;
    }

    private Dsn? TryUnixSocket(Destination destination, TlsPolicy tls)
    {
        SmtpPeer peer = new(_options.MyHostname, destination.Hop.Domain, 0);
        Descriptor socket;
        try
        {
            socket = Descriptor.ConnectUnix(destination.Hop.Domain, _options.ConnectTimeout);
        }
        catch (IOException e)
        {
            Dsn why = SmtpTrouble.Why("4.4.1", $"connect to {peer.NameAndPort}: {e.Message}");
            delivery.Log.ConnectFailed(why.Reason);
            return why;
        }
        ServerTurn turn = new(delivery, _state, destination, peer) { Tls = tls, IsFinal = destination.IsLast };
        SmtpSession session = Open(new SocketStream(socket, _surroundings.Stop), turn, isOnlyServer: destination.IsLast);
        SessionEnd end = session.Greet(turn) ? session.Transfer(turn) : SessionEnd.Over;
        Release(session, end);
        return turn.RetriesInPlainText ? TryUnixSocket(destination, TlsPolicy.None)
            : end == SessionEnd.Stale && GoesOn ? TryUnixSocket(destination, tls)
            : null;
    }

    // What the servers of a next hop have to offer; null: a mistake in the configuration.
    private TlsPolicy? PolicyOf(string written, NextHop hop, SmtpOptions options, out RequireTlsLevel requireTls)
    {
        // Whoever publishes policies is asked once in a request.
        if (!_policiesOfHops.TryGetValue((written, ReferenceEquals(options, _options)), out (TlsPolicy? Policy, RequireTlsLevel RequireTls) known))
        {
            known.Policy = FindPolicy(written, hop, options, out known.RequireTls);
            _policiesOfHops.Add((written, ReferenceEquals(options, _options)), known);
        }
        requireTls = known.RequireTls;
        return known.Policy;
    }

    private TlsPolicy? FindPolicy(string written, NextHop hop, SmtpOptions options, out RequireTlsLevel requireTls)
    {
        requireTls = RequireTlsLevel.Disable;
        try
        {
            requireTls = options.RequireTls.LevelFor(delivery.Request.RequireTls, hop.IsUnixSocket ? options.MyHostname : hop.Domain);
            if (options.Tls is not null)
            {
                TlsPolicy policy = options.Tls.For(written, hop, options.TlsLevel);
                return options.RequireTls.PrefersDelivery(delivery.Request.RequireTls) ? policy.WithoutRecipientsSay() : policies.Of(hop, policy);
            }
            return options.TlsLevel is null or TlsLevel.None ? TlsPolicy.None : throw new FormatException("TLS was not configured when this process began");
        }
        catch (Exception e) when (e is FormatException or LookupException)
        {
            delivery.Log.BadTlsPolicy(written, e.Message);
            return null;
        }
    }

    private SessionKey KeyOf(TlsPolicy tls)
    {
        DeliveryRequest request = delivery.Request;
        return new SessionKey(request.NextHop, _options.Login?.Passwords.LoginSenderOf(request.Sender) ?? "", request.Rule, tls.Key);
    }

    private SmtpSession Open(SocketStream stream, ServerTurn turn, bool isOnlyServer) =>
        new(new SmtpChat(stream, turn.Server, turn.Destination.Options, delivery.Log), _surroundings.Clock) { Tls = turn.Tls, IsOnlyServer = isOnlyServer };

    private void Release(SmtpSession session, SessionEnd end)
    {
        if (end == SessionEnd.Reusable)
            cache.Keep(KeyOf(session.Tls), session);
        else
            session.Dispose();
    }

    // No server is left.
    // A refusal over one kind of address that no server took back over the other was final, also for other next hops and a fallback relay. It says nothing of other recipients.
    private void FailRefused()
    {
        if (!_state.RefusedByFamily.Any())
            return;
        SmtpTrouble trouble = new(ServerTurn.Nobody(delivery, _state));
        foreach (AttemptRecipient recipient in _state.RefusedByFamily.ToArray())
            trouble.RecipientFails(recipient, recipient.RefusalOfFamily!);
    }

    private void FailTheRest(Dsn? why, bool isOurChoice)
    {
        SmtpTrouble trouble = new(ServerTurn.Nobody(delivery, _state));
        why ??= SmtpTrouble.Why("4.3.0", "server unavailable or unable to receive mail");
        // That another address of a relay is dead, too, is not what has to be put right.
        if (_state.LoginTrouble is var (refused, isSenders) && !SmtpTrouble.IsHard(why))
        {
            if (isSenders)
                trouble.SenderFails(refused);
            else
                trouble.SiteFails(refused);
            return;
        }
        // A relay that the operator chose does not exist, or is this system: his mistake, not the sender's (S2-22).
        if (isOurChoice && SmtpTrouble.IsHard(why))
        {
            delivery.Log.RelayRefusesUs(delivery.QueueId, why.Reason);
            why = why with { Status = "4.3.5" };
        }
        else if (why.Status == "5.4.6" && _options.BestMxTransport.Length > 0)
        {
            HandOn(trouble);
            return;
        }
        trouble.SiteFails(why);
    }

    private void HandOn(SmtpTrouble trouble)
    {
        try
        {
            _state.Add(new BestMxTransport(_options.BestMxTransport, _options.IpcTimeout, _surroundings.Stop).Deliver(delivery.Request, _state.Undecided));
        }
        catch (IpcException e)
        {
            delivery.Log.Warning($"{delivery.QueueId}: best_mx_transport: {e.Message}");
            trouble.MessageFails(SmtpTrouble.Why("4.3.0", "mail transport unavailable"));
        }
    }
}
