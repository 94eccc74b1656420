using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>What main.cf does not say, and Postfix does by a default that is not ours; and what is called otherwise here.</summary>
/// <param name="plan">Gets what is to be written out.</param>
/// <param name="settings">main.cf.</param>
internal sealed class DefaultRules(Plan plan, PostfixSettings settings)
{
    // Defaults of old compatibility levels that change what becomes of mail.
    private static readonly string[] s_ofLevels = ["append_dot_mydomain", "smtputf8_enable"];
    private static readonly string[] s_ofServer = ["relay_domains", "smtpd_relay_restrictions", "smtpd_relay_before_recipient_restrictions"];

    private static readonly string[] s_ofLmtp = ["lmtp_tls_security_level", "lmtp_use_tls", "lmtp_enforce_tls"];

    /// <summary>Writes them out.</summary>
    /// <param name="mailboxes">Where mail for mailboxes goes.</param>
    /// <param name="queue">queue_directory; null: that of Postfix.</param>
    internal void Run(MailboxRules mailboxes, string? queue)
    {
        bool hasServer = plan.Services.Exists(static service => service.Command == "smtpd");
        Queue(queue);
        foreach (string name in s_ofLevels.Concat(hasServer ? s_ofServer : []))
            Level(name);
        Fingerprints("smtp_tls_fingerprint_digest", settings.IsGiven("smtp_tls_policy_maps") || settings.Value("smtp_tls_security_level") == "fingerprint");
        Fingerprints("smtpd_tls_fingerprint_digest", hasServer && (settings.IsGiven("relay_clientcerts") || settings.IsGiven("smtpd_tls_ask_ccert")));
        if (hasServer && !settings.IsGiven("mynetworks") && settings.Value("mynetworks") is var networks && !PostfixParameters.IsSame(networks, PostfixParameters.Defaults("mynetworks")[0]))
            plan.AddDefault("mynetworks", networks, $"the addresses of this host now, which Postfix takes by itself (mynetworks_style = {settings.Value("mynetworks_style")})");
        Aliases(mailboxes);
        Mailboxes(mailboxes);
        Tls();
    }

    private void Queue(string? queue)
    {
        string postfix = settings.Value("queue_directory");
        Finding? line = plan.Findings.Find(static finding => finding is { File: "main.cf", Subject: "queue_directory", Fate: Fate.Taken });
        if (queue is null)
        {
            plan.AddDefault("queue_directory", postfix, "the queue of Postfix, with the mail that waits there; master start refuses while Postfix runs on it", line);
            return;
        }
        line?.LeaveOut("another one was asked for");
        if (queue != PostfixParameters.Defaults("queue_directory")[0])
            plan.AddDefault("queue_directory", queue, "as was asked for");
        plan.Notes.Add($"mail that waits in {postfix} stays there until it is copied: docs/migration.md");
    }

    private void Level(string name)
    {
        string value = settings.Value(name);
        if (!settings.IsGiven(name) && !PostfixParameters.IsSame(value, PostfixParameters.Defaults(name)[0]))
            plan.AddDefault(name, settings.Written(name) is { } text && !text.Contains("compatibility_level", StringComparison.Ordinal) ? text : value, "Postfix's default at this compatibility_level");
    }

    private void Fingerprints(string name, bool isUsed)
    {
        if (isUsed)
            Level(name);
    }

    // Written in the old words, so that those of a service in master.cf count as they did.
    private void Tls()
    {
        if (!settings.IsGiven("smtp_tls_security_level") && !settings.IsGiven("smtp_use_tls") && !settings.Flag("smtp_enforce_tls"))
            plan.AddDefault("smtp_use_tls", "no", "Postfix's default: mail goes without TLS. Without this line it goes over TLS where servers offer it: docs/tls.md");
        // Here LMTP does as SMTP does, where nothing is said of it.
        else if (!s_ofLmtp.Any(settings.IsGiven) && plan.Parameters.Exists(static parameter => parameter.Expanded.Contains("lmtp:", StringComparison.Ordinal)))
            plan.AddDefault("lmtp_tls_security_level", "none", "Postfix's default: LMTP goes without TLS");
    }

    private void Aliases(MailboxRules mailboxes)
    {
        const string Path = "/etc/aliases";
        bool isAsked = mailboxes.AsksAliases && settings.Words("mydestination").Count > 0;
        if (isAsked && !settings.IsGiven("alias_maps") && FileSystem.Status(Path, followLink: true) is { Kind: FileKind.Regular })
            plan.AddDefault("alias_maps", settings.Value("alias_maps"), "Postfix's default");
    }

    private void Mailboxes(MailboxRules mailboxes)
    {
        if (mailboxes.LocalServer is { } local)
        {
            plan.AddDefault("local_transport", local, "mailbox_transport: mail for users of this host goes there after aliases are looked up", Line("mailbox_transport"));
            if (!settings.IsGiven("local_recipient_maps"))
                plan.AddDefault("local_recipient_maps", "$alias_maps, unix:passwd.byname", "Postfix's default: who has an alias or an account");
        }
        else if (!mailboxes.AsksAliases && settings.Words("mydestination").Count > 0 && !settings.IsGiven("local_recipient_maps"))
        {
            plan.AddDefault("local_recipient_maps", "unix:passwd.byname", "Postfix's default: who has an account; aliases count there for no more than that");
        }
        if (mailboxes.VirtualServer is not { } store)
            return;
        plan.AddDefault("relay_domains", settings.Value("virtual_mailbox_domains"), "virtual_mailbox_domains", Line("virtual_mailbox_domains"));
        plan.AddDefault("relay_transport", store, "virtual_transport", Line("virtual_transport"));
        if (settings.Value("virtual_mailbox_maps") is { Length: > 0 } users)
            plan.AddDefault("relay_recipient_maps", users, "virtual_mailbox_maps", Line("virtual_mailbox_maps"));
    }

    private Finding? Line(string name) => plan.Findings.FindLast(finding => finding is { File: "main.cf", Fate: Fate.Taken } && finding.Subject == name);
}
