using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Events;
using PostfixNet.Https;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Webhooks;

/// <summary>A table [webhook."NAME"], understood: which events are sent where, and how they are signed.</summary>
internal sealed class Webhook
{
    private const int LargestCAFile = 16 * 1024 * 1024;

    // What became of mail. Those that only tell of work under way are many.
    private static readonly EventKind[] s_usual =
    [
        EventKind.Deferred, EventKind.Delivered, EventKind.Relayed, EventKind.Expanded, EventKind.Bounced, EventKind.Expired, EventKind.Discarded, EventKind.Deleted, EventKind.Suppressed,
        EventKind.Report, EventKind.Complaint,
    ];

    private readonly HashSet<EventKind> _kinds;

    /// <exception cref="ConfigurationException">It names a kind of event that there is not.</exception>
    internal Webhook(WebhookRule rule)
    {
        Rule = rule;
        _kinds = rule.Events.Count == 0 ? [.. s_usual] : [.. rule.Events.Select(word => EventKinds.Parse(word) is not EventKind.Unknown and var kind ? kind
            : throw rule.Refuse("events", $"\"{PrintableText.Of(word)}\" is no kind of event; there are {string.Join(", ", Enum.GetValues<EventKind>().Where(static kind => kind != EventKind.Unknown).Select(static kind => kind.Word()))}"))];
    }

    internal WebhookRule Rule { get; }

    internal string Name => Rule.Name;

    /// <summary>It is sent to this one. That events are missing, everybody is told.</summary>
    internal bool Wants(MailEvent told) => told.Kind == EventKind.Gap
        || _kinds.Contains(told.Kind) && IsAmong(Rule.Senders, told.Sender) && IsAmong(Rule.Recipients, told.Recipient);

    private static bool IsAmong(IReadOnlyList<string> wanted, string? address)
    {
        if (wanted.Count == 0)
            return true;
        if (address is null)
            return false;
        string folded = address.Length == 0 ? "<>" : address.ToLowerInvariant();
        return wanted.Contains(folded) || wanted.Contains(Address.DomainOf(folded));
    }

    /// <summary>Reads its secrets.</summary>
    /// <exception cref="ConfigurationException">One cannot be read, or is none. Nothing of it is in the message.</exception>
    internal Signer NewSigner() => new([Key("secret", Rule.Secret), .. Rule.PreviousSecret is { } previous ? [Key("previous_secret", previous)] : (byte[][])[]]);

    private byte[] Key(string setting, SecretPlace place)
    {
        try
        {
            return Signer.KeyOf(place.Read()) ?? throw Rule.Refuse(setting, $"{place} is no secret of webhooks: it has to be \"whsec_\" and the base64 of 24 to 64 octets");
        }
        catch (IOException e)
        {
            throw Rule.Refuse(setting, e.Message);
        }
    }

    /// <summary>Whose certificates are trusted.</summary>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    internal TrustedCertificates Trusted()
    {
        try
        {
            return new TrustedCertificates(new CertificateFiles("", "", Rule.CAfile, "", WithSystem: false), file =>
            {
                string text = Encoding.UTF8.GetString(FileSystem.ReadAll(file, LargestCAFile));
                return TrustedCertificates.IsIn(text) ? text : throw Rule.Refuse("CAfile", $"there is no certificate in {file}, in PEM format");
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw Rule.Refuse("CAfile", e.Message);
        }
    }

    /// <summary>What carries its requests.</summary>
    internal Courier Connect(IResolver resolver, (bool IPv4, bool IPv6) uses) => new(Rule.Url, NewSigner(),
        new HttpsClient(Rule.Url.IdnHost, resolver, Trusted(), uses.IPv4, uses.IPv6) { Limit = Rule.Timeout, IsPublicOnly = !Rule.AllowsPrivate });
}
