using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>What a policy service is told: the names of Postfix.</summary>
internal static class PolicyRequest
{
    internal static string Of(Evaluation evaluation, string context)
    {
        Session session = evaluation.Session;
        Transaction? transaction = session.Transaction;
        ClientInfo client = session.Client;
        bool isContent = evaluation.Stage is "DATA" or "BDAT" or "END-OF-MESSAGE";
        // The subject of a certificate that nobody vouches for is what the client likes it to be.
        TlsInfo? tls = session.Tls, trusted = tls is { IsTrusted: true } ? tls : null;
        StringBuilder text = new();
        Add(text, "request", "smtpd_access_policy");
        Add(text, "protocol_state", evaluation.Stage == "BDAT" ? "DATA" : evaluation.Stage);
        Add(text, "protocol_name", session.Protocol);
        Add(text, "client_address", client.AddressText);
        Add(text, "client_name", client.Name);
        Add(text, "client_port", Number(client.Port));
        Add(text, "reverse_client_name", client.ReverseName);
        Add(text, "server_address", client.Server?.Address.ToString() ?? "");
        Add(text, "server_port", client.Server is { } server ? Number(server.Port) : "");
        Add(text, "helo_name", session.Helo ?? "");
        Add(text, "sender", transaction?.Sender ?? "");
        Add(text, "recipient", evaluation.Recipient ?? "");
        Add(text, "recipient_count", Number(isContent ? transaction?.Recipients.Count ?? 0 : 0));
        Add(text, "queue_id", "");
        Add(text, "instance", transaction is null ? session.Instance : string.Create(CultureInfo.InvariantCulture, $"{session.Instance}.{transaction.Arrival:x}"));
        Add(text, "size", Number(evaluation.Size > 0 ? evaluation.Size : transaction?.Size ?? 0));
        Add(text, "etrn_domain", "");
        Add(text, "stress", "");
        Add(text, "sasl_method", session.Login?.Method ?? "");
        Add(text, "sasl_username", session.Login?.User ?? "");
        Add(text, "sasl_sender", transaction?.Author ?? "");
        Add(text, "ccert_subject", Xtext.Encode(trusted?.Subject ?? ""));
        Add(text, "ccert_issuer", Xtext.Encode(trusted?.Issuer ?? ""));
        Add(text, "ccert_fingerprint", tls?.Fingerprint ?? "");
        Add(text, "ccert_pubkey_fingerprint", tls?.KeyFingerprint ?? "");
        Add(text, "encryption_protocol", tls?.Protocol ?? "");
        Add(text, "encryption_cipher", tls?.Cipher ?? "");
        Add(text, "encryption_keysize", Number(tls?.Bits ?? 0));
        Add(text, "policy_context", context);
        return text.Append('\n').ToString();
    }

    // A line end within a value would begin an attribute of the client's own.
    private static void Add(StringBuilder text, string name, string value) => text.Append(name).Append('=').Append(PrintableText.Of(value)).Append('\n');

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
