namespace PostfixNet.Master.Import;

/// <summary>Where mail for mailboxes of this host goes: to another server by LMTP or SMTP, which can be taken, or into files, which cannot.</summary>
internal sealed class MailboxRules
{
    private readonly PostfixSettings _settings;

    internal MailboxRules(PostfixSettings settings)
    {
        _settings = settings;
        string transport = Name(settings.Value("local_transport"));
        bool hasNames = settings.Words("mydestination").Count > 0;
        AsksAliases = transport == "local";
        string mailbox = settings.Value("mailbox_transport");
        LocalServer = AsksAliases && hasNames && IsServer(mailbox) && settings.Value("mailbox_transport_maps").Length == 0 && settings.Value("mailbox_command_maps").Length == 0 ? mailbox : null;
        IsLocal = AsksAliases && hasNames && LocalServer is null;
        string store = settings.Value("virtual_transport");
        bool hasVirtual = settings.Words("virtual_mailbox_domains").Count > 0;
        // As relay_domains, whose other members would be mixed up with them.
        VirtualServer = hasVirtual && IsServer(store) && RelayIsFree(settings) ? store : null;
        IsVirtual = hasVirtual && VirtualServer is null;
        IsStoredHere = IsVirtual && Name(store) == "virtual";
    }

    /// <summary>Mail for names of this host passes alias_maps.</summary>
    internal bool AsksAliases { get; }

    /// <summary>The way that mail for users of this host goes on, "lmtp:unix:/path"; null: it goes into mailboxes, or there is none.</summary>
    internal string? LocalServer { get; }

    /// <summary>Mail for users of this host goes into mailboxes.</summary>
    internal bool IsLocal { get; }

    /// <summary>The way that mail for virtual_mailbox_domains goes; null: it cannot be taken, or there is none.</summary>
    internal string? VirtualServer { get; }

    /// <summary>Mail for virtual_mailbox_domains goes where it cannot here.</summary>
    internal bool IsVirtual { get; }

    /// <summary>It goes to Postfix's virtual(8).</summary>
    internal bool IsStoredHere { get; }

    internal string LocalConsequence => $"mail for users of this host ({Names("mydestination")}) would not be put into mailboxes: it goes where alias_maps lead, or is returned as \"unknown user\"";

    internal string VirtualConsequence =>
        $"mail for {Names("virtual_mailbox_domains")} would not be put into mailboxes: it would be refused from outside, and from this host go to the mail exchangers of its domain";

    private string Names(string parameter)
    {
        List<string> words = [.. _settings.Words(parameter).Select(TableNames.Shown)];
        return string.Join(", ", words.Take(3)) + (words.Count > 3 ? " ..." : "");
    }

    // Whether mail can be led there, whatever relayhost says.
    private static bool IsServer(string transport) => transport.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && transport[..colon] is "lmtp" or "smtp" or "relay"
        && transport.Length > transport.IndexOf(':', StringComparison.Ordinal) + 1;

    private static bool RelayIsFree(PostfixSettings settings) => settings.Value("relay_recipient_maps").Length == 0 && settings.Value("relay_transport") == "relay"
        && settings.Words("relay_domains") is var relayed && (relayed.Count == 0 || relayed.SequenceEqual(settings.Words("mydestination")));

    private static string Name(string transport) => transport.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? transport[..colon] : transport;
}
