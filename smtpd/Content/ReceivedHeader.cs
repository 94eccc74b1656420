using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>The trace that this server puts before the content: RFC 5321 section 4.4.</summary>
internal static class ReceivedHeader
{
    internal static IEnumerable<string> Lines(SmtpdOptions options, Session session, Transaction transaction, QueueId id)
    {
        ClientInfo client = session.Client;
        yield return $"Received: from {session.Helo ?? client.Name} ({client.Name} [{client.TaggedAddress}])";
        if (options.TellsTls && session.Tls is { } tls)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"\t(using {tls.Protocol} with cipher {tls.Cipher} ({tls.Bits}/{tls.Bits} bits))");
            yield return tls.Fingerprint.Length == 0 ? "\t(No client certificate requested)"
                : $"\t(Client CN \"{Comment(tls.Subject)}\", Issuer \"{Comment(tls.Issuer)}\" ({(tls.IsTrusted ? "verified OK" : "not verified")}))";
        }
        if (options.TellsLogin && session.Login is { } login)
            yield return $"\t(Authenticated sender: {Comment(login.User)})";
        string date = MailTime.HeaderDate(transaction.Arrival / 1_000_000);
        // Who else gets it is nobody's business.
        string? only = transaction.Recipients is [var recipient] ? Address.ToExternal(recipient.Address) : null;
        yield return $"\tby {options.MyHostname} ({options.MailName}) with {session.ProtocolOf(transaction)} id {id}{(only is null ? ";" : "")}";
        yield return only is null ? $"\t{date}" : $"\tfor <{only}>; {date}";
    }

    // Within parentheses: RFC 5322 section 3.2.2.
    private static string Comment(string text) => PrintableText.Of(text).Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("(", "\\(", StringComparison.Ordinal).Replace(")", "\\)", StringComparison.Ordinal);
}
