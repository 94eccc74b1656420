using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>How one delivery attempt fares with TLS at the servers of a domain, success and failure, for the domain's report (S3-23).</summary>
/// <param name="domain">In ASCII: the next hop, whose mail exchangers these are.</param>
internal sealed class TlsResults(string domain)
{
    private readonly List<TlsResult> _results = [];

    /// <summary>What the service is told; null: no server was talked to about TLS.</summary>
    internal TlsAttempt? Attempt => _results.Count > 0 ? new TlsAttempt(domain, _results) : null;

    /// <summary>A server had its turn.</summary>
    /// <param name="trouble">What was wrong; null: TLS is as the policy wants it.</param>
    /// <param name="reason">More of that, in one line; may be empty.</param>
    internal void Add(ServerTurn turn, TlsResultType? trouble, string reason)
    {
        if (trouble is null && turn.Finding is { Defect: { } defect } found)
            (trouble, reason) = (defect, found.Reason);
        SmtpPeer peer = turn.Server;
        Add(turn.Finding, trouble is { } type ? new TlsFailure(type, turn.LocalAddress, peer.Host, PrintableText.Of(turn.ServerName), peer.Address, PrintableText.Of(reason)) : null);
    }

    /// <summary>A server is not talked to, because of what is published of it.</summary>
    internal void AddUnused(TlsFinding finding, SmtpPeer peer)
    {
        if (finding.Defect is { } defect)
            Add(finding, new TlsFailure(defect, "", peer.Host, "", peer.Address, PrintableText.Of(finding.Reason)));
    }

    private void Add(TlsFinding? finding, TlsFailure? failure) => _results.Add(new TlsResult(finding?.Policy ?? AppliedTlsPolicy.NotFound(domain), failure));
}
