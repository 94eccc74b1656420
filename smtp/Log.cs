using System.Globalization;
using PostfixNet.Log;

namespace PostfixNet.Smtp;

/// <summary>All lines that this program logs. They are an interface: operators and scripts read them.</summary>
internal sealed class Log(Action<string> info, Action<string> warning)
{
    internal Log() : this(MailLog.Info, MailLog.Warning) { }

    /// <summary>What became of one recipient; the line is that of all delivery agents.</summary>
    internal void Result(string line) => info(line);

    /// <summary>A server, or a recipient at it, is given up for the next one (S2-21).</summary>
    internal void GoingOn(string queueId, string reason) => info($"{queueId}: {reason}");

    internal void ConnectFailed(string reason) => info(reason);

    internal void PixWorkarounds(string queueId, string names, SmtpPeer peer) =>
        info($"{queueId}: enabling PIX workarounds: {names} for {peer.NameAndPort}");

    internal void BreakingLine(string queueId, int limit) =>
        info(string.Create(CultureInfo.InvariantCulture, $"{queueId}: breaking line > {limit} bytes with <CR><LF>SPACE"));

    internal void ReplyTooLong(SmtpPeer peer, int limit, string start) =>
        warning(string.Create(CultureInfo.InvariantCulture, $"{peer.NameAndPort}: response longer than {limit}: {start}..."));

    internal void NotSmtp(string queueId, SmtpPeer peer, string line)
    {
        warning($"{queueId}: non-ESMTP response from {peer.NameAndPort}: {line}");
        warning($"to prevent loss of mail, turn off command pipelining for {peer.Address} with the smtp_discard_ehlo_keyword_address_maps parameter");
    }

    internal void GreetedWithMyName(SmtpPeer peer, string name) =>
        warning($"host {peer.NameAndPort} greeted me with my own hostname {name}");

    internal void RepliedWithMyName(SmtpPeer peer, string name) =>
        warning($"host {peer.NameAndPort} replied to HELO/EHLO with my own hostname {name}");

    internal void OriginRefused(string queueId, SmtpPeer peer, SmtpReply reply, string command) =>
        warning($"{queueId}: host {peer.NameAndPort} said: {reply.Text} (in reply to {command})");

    internal void NoMxHostHasAddress(string domain) => warning($"no MX host for {domain} has a valid address record");

    /// <summary>One line of a conversation with a server of debug_peer_list.</summary>
    internal void Said(SmtpPeer peer, string command) => info($"> {peer.NameAndPort}: {command}");

    /// <inheritdoc cref="Said"/>
    internal void Heard(SmtpPeer peer, string line) => info($"< {peer.NameAndPort}: {line}");

    internal void NoticeNotSent(string queueId, string why) => warning($"{queueId}: notice to the postmaster not sent: {why}");

    internal void StartTlsOffered(SmtpPeer peer) => info($"Host offered STARTTLS: [{peer.Host}]");

    /// <param name="verdict">Of the certificate: Untrusted, Trusted, Verified, or Anonymous.</param>
    /// <param name="what">Protocol and cipher.</param>
    internal void TlsEstablished(SmtpPeer peer, string verdict, string what) =>
        info($"{verdict} TLS connection established to {peer.NameAndPort}: {what}");

    internal void TlsFails(SmtpPeer peer, string why) => info($"SSL_connect error to {peer.NameAndPort}: {why}");

    internal void CertificateFails(SmtpPeer peer, string why) => info($"certificate verification failed for {peer.NameAndPort}: {why}");

    internal void Certificate(SmtpPeer peer, string subject, string issuer, string fingerprint, string keyFingerprint) =>
        info($"{peer.NameAndPort}: subject={subject}, issuer={issuer}, fingerprint={fingerprint}, pkey_fingerprint={keyFingerprint}");

    internal void BadTlsPolicy(string nextHop, string why) => warning($"TLS policy for {nextHop}: {why}");

    internal void Warning(string text) => warning(text);
}
