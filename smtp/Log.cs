using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.MtaSts;

namespace PostfixNet.Smtp;

/// <summary>All lines that this program logs. They are an interface: operators and scripts read them.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>What became of one recipient; the line is that of all delivery agents.</summary>
    internal void Result(ILogLine line) => log.Write(Severity.Info, line);

    /// <summary>A server, or a recipient at it, is given up for the next one (S2-21).</summary>
    internal void GoingOn(string queueId, string reason) => log.Info($"{queueId}: {reason}");

    internal void ConnectFailed(string reason) => log.Info(reason);

    internal void PixWorkarounds(string queueId, string names, SmtpPeer peer) =>
        log.Info($"{queueId}: enabling PIX workarounds: {names} for {peer.NameAndPort}");

    internal void BreakingLine(string queueId, int limit) =>
        log.Info(string.Create(CultureInfo.InvariantCulture, $"{queueId}: breaking line > {limit} bytes with <CR><LF>SPACE"));

    /// <summary>What nobody is to read.</summary>
    internal static Log Silent { get; } = new(new NoLog());

    /// <summary>The message goes out with signatures; the words are those of OpenDKIM.</summary>
    internal void Signed(string queueId, IEnumerable<MessageSignature> signatures) =>
        log.Info($"{queueId}: DKIM-Signature field added {string.Join(", ", signatures.Select(static signature => $"(s={signature.Selector}, d={signature.Domain})"))}");

    internal void NotSigned(string queueId, string why) => log.Warning($"{queueId}: sent without a DKIM signature: {why}");

    /// <summary>Something is done because of a line of the message.</summary>
    /// <param name="word">"warning", "replace" ...</param>
    /// <param name="text">What the table says; empty: nothing.</param>
    internal void Checked(string queueId, string word, bool isHeader, ReadOnlySpan<byte> line, string text)
    {
        const int Shown = 60;
        string beginning = ByteText.Decode(line[..Math.Min(line.Length, Shown)]);
        log.Info($"{queueId}: {word}: {PrintableText.Of($"{(isHeader ? "header" : "body")} {beginning}{(text.Length > 0 ? $": {text}" : "")}")}");
    }

    internal void ReplyTooLong(SmtpPeer peer, int limit, string start) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"{peer.NameAndPort}: response longer than {limit}: {start}..."));

    internal void NotSmtp(string queueId, SmtpPeer peer, string line)
    {
        log.Warning($"{queueId}: non-ESMTP response from {peer.NameAndPort}: {line}");
        log.Warning($"to prevent loss of mail, turn off command pipelining for {peer.Address} with the smtp_discard_ehlo_keyword_address_maps parameter");
    }

    internal void GreetedWithMyName(SmtpPeer peer, string name) =>
        log.Warning($"host {peer.NameAndPort} greeted me with my own hostname {name}");

    internal void RepliedWithMyName(SmtpPeer peer, string name) =>
        log.Warning($"host {peer.NameAndPort} replied to HELO/EHLO with my own hostname {name}");

    internal void OriginRefused(string queueId, SmtpPeer peer, SmtpReply reply, string command) =>
        log.Warning($"{queueId}: host {peer.NameAndPort} said: {reply.Text} (in reply to {command})");

    internal void ParametersRefused(string queueId, SmtpPeer peer, SmtpReply reply, string command) =>
        log.Warning($"{queueId}: host {peer.NameAndPort} refuses parameters that it announced: {reply.Text} (in reply to {command}); trying without them: smtp_discard_ehlo_keywords can do so from the start");

    internal void ReportLost(string queueId, string recipient) =>
        log.Warning($"{queueId}: the sender is not told that the mail for <{recipient}> was delivered: the trace service does not take the report");

    internal void LoginExplained(SmtpPeer peer, string mechanism, string explanation) =>
        log.Warning($"host {peer.NameAndPort}: {mechanism} login refused: {explanation}");

    internal void RelayRefusesUs(string queueId, string reason) => log.Warning($"{queueId}: relay configuration problem: {reason}");

    internal void NoMxHostHasAddress(string domain) => log.Warning($"no MX host for {domain} has a valid address record");

    /// <summary>One line of a conversation with a server of debug_peer_list.</summary>
    internal void Said(SmtpPeer peer, string command) => log.Info($"> {peer.NameAndPort}: {command}");

    /// <inheritdoc cref="Said"/>
    internal void Heard(SmtpPeer peer, string line) => log.Info($"< {peer.NameAndPort}: {line}");

    internal void NoticeNotSent(string queueId, string why) => log.Warning($"{queueId}: notice to the postmaster not sent: {why}");

    internal void StartTlsOffered(SmtpPeer peer) => log.Info($"Host offered STARTTLS: [{peer.Host}]");

    /// <param name="verdict">Of the certificate: Untrusted, Trusted, Verified, or Anonymous.</param>
    /// <param name="what">Protocol and cipher.</param>
    internal void TlsEstablished(SmtpPeer peer, string verdict, string what) =>
        log.Info($"{verdict} TLS connection established to {peer.NameAndPort}: {what}");

    internal void TlsFails(SmtpPeer peer, string why) => log.Info($"SSL_connect error to {peer.NameAndPort}: {why}");

    internal void CertificateFails(SmtpPeer peer, string why) => log.Info($"certificate verification failed for {peer.NameAndPort}: {why}");

    internal void Certificate(SmtpPeer peer, string subject, string issuer, string fingerprint, string keyFingerprint) =>
        log.Info($"{peer.NameAndPort}: subject={subject}, issuer={issuer}, fingerprint={fingerprint}, pkey_fingerprint={keyFingerprint}");

    /// <summary>A certificate that this process has not seen at this server.</summary>
    /// <param name="validity">From when to when, and how long that is.</param>
    internal void NewCertificate(SmtpPeer peer, string subject, string issuer, string sha256, string validity) =>
        log.Info($"{peer.NameAndPort}: certificate subject={subject}, issuer={issuer}, sha256={sha256}, valid {validity}");

    internal void HandshakesDone(int all, int resumed) =>
        log.Info(string.Create(CultureInfo.InvariantCulture, $"statistics: {all} TLS handshakes, {resumed} resumed ({100.0 * resumed / all:F0}%)"));

    /// <summary>A server gets no mail now because of its policy.</summary>
    internal void ServerNotUsed(string nextHop, string host, string why) => log.Warning($"TLS policy lookup for {nextHop}/{host}: {why}");

    internal void DaneMatches(SmtpPeer peer, string what) => log.Info($"{peer.NameAndPort}: Matched DANE {what}");

    internal void TlsaUnusable(SmtpPeer peer, bool isOnly) =>
        log.Warning($"{peer.NameAndPort}: all TLSA records unusable{(isOnly ? "" : ", fallback to unauthenticated TLS")}");

    /// <summary>A server does not satisfy an MTA-STS policy that only tests: mail goes there all the same.</summary>
    internal void StsTestFails(string domain, string server, string why) =>
        log.Info($"MTA-STS policy of {domain}, mode testing: {PrintableText.Of(server)}: {PrintableText.Of(why)}; mail goes there all the same");

    internal void StsNotAnswered(string domain, string why, KnownPolicy? known) =>
        log.Warning($"MTA-STS policy of {domain} not told: {why}; {(known is null ? "mail goes as without one" : $"the one that is kept holds, mode={StsPolicy.WordFor(known.Policy.Mode)}")}");

    internal void TlsResultsLost(long count, string why) => log.Warning($"service tlsrpt: {why}: {count} results of TLS are not counted; those that follow are neither, while this lasts");

    internal void BadTlsPolicy(string nextHop, string why) => log.Warning($"TLS policy for {nextHop}: {why}");

    internal void Warning(string text) => log.Warning(text);

    private sealed class NoLog : ILog
    {
        public void Write(Severity severity, string text)
        {
        }
    }
}
