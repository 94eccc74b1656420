using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>Which parameters of Postfix become parameters here, by what shared/Configuration knows of them, and what happens without the others.</summary>
/// <param name="plan">Gets parameters and findings.</param>
/// <param name="settings">main.cf, or what holds for one service.</param>
internal sealed class ParameterRules(Plan plan, PostfixSettings settings)
{
    // Where Postfix's own files are, and names that it has for what is here otherwise.
    private static readonly string[] s_places = ["command_directory", "config_directory", "daemon_directory", "mail_version"];

    // Read by one program; in master.cf they count for it alone.
    private static readonly string[] s_ofCleanup =
    [
        "header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "always_bcc", "sender_bcc_maps", "recipient_bcc_maps",
        "masquerade_domains", "masquerade_exceptions", "masquerade_classes", "message_drop_headers", "message_strip_characters", "message_reject_characters", "enable_original_recipient",
    ];

    private static readonly string[] s_ofQmgr =
    [
        "maximal_queue_lifetime", "bounce_queue_lifetime", "minimal_backoff_time", "maximal_backoff_time", "queue_run_delay", "defer_transports", "transport_retry_time",
    ];

    private static readonly string[] s_ofRewrite =
    [
        "transport_maps", "relayhost", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps", "default_transport", "relay_transport", "local_transport",
        "virtual_transport",
    ];

    // Settings of ldap:NAME and its kin, which can stand in main.cf as NAME_server_host ...
    private static readonly string[] s_ofTables =
    [
        "_server_host", "_search_base", "_query_filter", "_result_attribute", "_result_format", "_bind", "_bind_dn", "_bind_pw", "_scope", "_version", "_hosts", "_user", "_password", "_dbname", "_query",
    ];

    /// <summary>Takes main.cf, entry by entry.</summary>
    /// <param name="main">main.cf.</param>
    /// <param name="services">master.cf: what its options refer to is in use.</param>
    /// <param name="mailboxes">Where mail for mailboxes goes.</param>
    internal void Run(MainCf main, IReadOnlyList<MasterCfEntry> services, MailboxRules mailboxes)
    {
        HashSet<string> used = NamesIn([.. main.Entries.Select(static entry => entry.Value), .. services.SelectMany(static service => service.Options.Select(static option => option.Value))]);
        used.UnionWith(settings.Words("smtpd_restriction_classes"));
        HashSet<Weight> weights = WeightsOf(services, mailboxes);
        foreach (MainCfEntry entry in main.Entries)
        {
            Finding finding = new("main.cf", entry.Line, entry.Name) { Value = Secrets.Shown(entry.Name, entry.Value) };
            plan.Findings.Add(finding);
            if (entry.BeginsWithBlank)
                finding.Remark("the line begins with a blank; Postfix warns of it, and takes it");
            MainCfEntry last = main.Find(entry.Name)!;
            if (last != entry)
                finding.Lose(string.Create(CultureInfo.InvariantCulture, $"line {last.Line} gives it again, and the last one counts, as in Postfix"), decides: false);
            else
                Take(entry, finding, used, weights, mailboxes);
        }
    }

    // What of Postfix is in use.
    private HashSet<Weight> WeightsOf(IReadOnlyList<MasterCfEntry> services, MailboxRules mailboxes)
    {
        bool Runs(string command) => services.Any(service => service.Command == command && service.Type is ("inet" or "pass"));
        (Weight Weight, bool IsInUse)[] all =
        [
            (Weight.Always, true), (Weight.Local, mailboxes.IsLocal), (Weight.Virtual, mailboxes.IsVirtual), (Weight.Smtpd, Runs("smtpd")), (Weight.Postscreen, Runs("postscreen")),
            (Weight.Qmqpd, Runs("qmqpd")), (Weight.Verify, ServiceRules.RestrictionLists.Any(list => settings.Value(list).Contains("reject_unverified_", StringComparison.OrdinalIgnoreCase))),
        ];
        return [.. all.Where(static one => one.IsInUse).Select(static one => one.Weight)];
    }

    private void Take(MainCfEntry entry, Finding finding, HashSet<string> used, HashSet<Weight> weights, MailboxRules mailboxes)
    {
        string value = settings.Value(entry.Name);
        if (s_places.Contains(entry.Name))
        {
            finding.LeaveOut("where Postfix's programs are; those of this system know their place");
            return;
        }
        if (Special(entry, value, finding, mailboxes))
            return;
        switch (PostfixParameters.Standing(entry.Name))
        {
            case PostfixStanding.Works when IsDefault(entry.Name, value):
                finding.LeaveOut();
                break;
            case PostfixStanding.Works:
                Add(entry.Name, entry.Value, value, finding);
                break;
            case PostfixStanding.Unknown when used.Contains(entry.Name):
                finding.Remark("a name of your own: its value stands where it is used");
                Add(entry.Name, entry.Value, value, finding);
                break;
            case PostfixStanding.Unknown:
                finding.Lose(entry.Value.Length > 0 && IsOfTable(entry.Name)
                    ? "it belongs to a table that asks a database, which is not taken" : $"Postfix passes over it, too: an unused parameter{PostfixParameters.Suggestion(entry.Name)}", decides: false);
                break;
            default:
                Refuse(entry.Name, value, finding, weights, settings);
                break;
        }
    }

    private bool Special(MainCfEntry entry, string value, Finding finding, MailboxRules mailboxes)
    {
        switch (entry.Name)
        {
            case "compatibility_level":
                finding.LeaveOut("where the defaults of this level are not those of 3.6, they are written out");
                return true;
            case "mynetworks_style":
                finding.Remark(settings.IsGiven("mynetworks") ? "mynetworks is given, so it does not count, as in Postfix" : "mynetworks is written as the networks that it gives now");
                return true;
            case "queue_directory":
                return true; // QueueRules
            case "mailbox_transport" when mailboxes.LocalServer is not null:
                finding.Remark("as local_transport: aliases are looked up before");
                return true;
            case "virtual_transport" or "virtual_mailbox_maps" or "virtual_mailbox_domains" when mailboxes.VirtualServer is not null && value.Length > 0:
                finding.Remark($"as {entry.Name switch { "virtual_transport" => "relay_transport", "virtual_mailbox_maps" => "relay_recipient_maps", _ => "relay_domains" }}");
                return true;
            case "alias_maps" when !mailboxes.AsksAliases:
                finding.LeaveOut("local_transport leads elsewhere, so that Postfix does not ask it");
                return true;
            case "local_transport" when mailboxes.LocalServer is not null:
                finding.LeaveOut();
                return true;
            case "smtpd_sasl_type" or "smtpd_sasl_path" when settings.Value("smtpd_sasl_type") == "cyrus":
                finding.Lose("Cyrus SASL is not asked; see smtpd_sasl_auth_enable", decides: settings.Flag("smtpd_sasl_auth_enable"));
                return true;
            case "smtpd_sasl_auth_enable" when settings.Flag(entry.Name) && settings.Value("smtpd_sasl_type") == "cyrus":
                finding.Lose("clients could not log in, and their mail would be refused: logins by Cyrus SASL are not known here; make users with \"master passwd\", or ask Dovecot (smtpd_sasl_type = dovecot)", decides: true);
                return true;
            default:
                return false;
        }
    }

    private static void Refuse(string name, string value, Finding finding, HashSet<Weight> weights, PostfixSettings? settings = null)
    {
        if (value.Length == 0 || PostfixParameters.Defaults(name).Any(text => IsSame(text, value, settings)))
        {
            finding.LeaveOut();
            return;
        }
        Consequence consequence = Consequences.Of(name);
        finding.Lose(consequence.For(Secrets.Shown(name, value) is null ? "it" : string.Join(", ", MainConfig.Words(value).Select(TableNames.Shown))), weights.Contains(consequence.Weight));
    }

    private static bool IsSame(string text, string value, PostfixSettings? settings)
    {
        if (text == value)
            return true;
        try
        {
            return PostfixParameters.IsSame(settings is null ? text : settings.Expand(text), value);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // The default is what it is without this line.
    private bool IsDefault(string name, string value) => PostfixParameters.TransportOf(name) is null && !name.StartsWith("lmtp_", StringComparison.Ordinal)
        && PostfixParameters.Defaults(name) is [var text] && IsSame(text, value, settings);

    private static bool IsOfTable(string name) => Array.Exists(s_ofTables, ending => name.EndsWith(ending, StringComparison.Ordinal));

    private void Add(string name, string written, string value, Finding finding) => plan.Parameters.Add(Planned(name, written, value, finding));

    private static PlannedParameter Planned(string name, string written, string value, Finding finding) => new(name, OneLine(written), OneLine(value), finding) { IsSecret = Secrets.IsPasswords(name) };

    private static string OneLine(string text) => text.Contains('\n', StringComparison.Ordinal) ? string.Join('\n', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) : text;

    /// <summary>"-o name=value" of a service.</summary>
    /// <param name="service">Its service; these rules are for its settings.</param>
    /// <param name="finding">The service's.</param>
    /// <returns>null: it is not taken.</returns>
    internal PlannedParameter? Option(MasterCfEntry service, string name, string written, Finding finding)
    {
        string value = settings.Expand(written);
        if (IsPassedOver(service.Command, name))
        {
            finding.Remark($"-o {name} is left out: Postfix's {service.Command} does not read it, either");
            return null;
        }
        Finding own = new(finding.File, finding.Line, name);
        switch (PostfixParameters.Standing(name))
        {
            case PostfixStanding.Works:
                return Planned(name, written, value, finding);
            case PostfixStanding.Unknown:
                finding.Remark($"-o {name} is left out: Postfix passes over it, too, but where other options refer to it{PostfixParameters.Suggestion(name)}");
                return null;
            default:
                Refuse(name, value, own, [Weight.Always, Weight.Smtpd, Weight.Local, Weight.Virtual], settings);
                if (own.Fate == Fate.Lost)
                    finding.Lose($"-o {name}: {own.Remarks[0]}", own.Decides);
                return null;
        }
    }

    private static bool IsPassedOver(string command, string name) => (command != "cleanup" && s_ofCleanup.Contains(name))
        || (command is not ("qmgr" or "oqmgr" or "nqmgr") && (s_ofQmgr.Contains(name) || name.StartsWith("qmgr_", StringComparison.Ordinal)
            || name.StartsWith("default_destination_", StringComparison.Ordinal) || PostfixParameters.TransportOf(name) is not null))
        || (command != "trivial-rewrite" && s_ofRewrite.Contains(name))
        || (command != "smtpd" && name.StartsWith("smtpd_", StringComparison.Ordinal) && !name.StartsWith("smtpd_milter", StringComparison.Ordinal))
        || (command is not ("smtp" or "lmtp") && (name.StartsWith("smtp_", StringComparison.Ordinal) || name.StartsWith("lmtp_", StringComparison.Ordinal)));

    private static HashSet<string> NamesIn(IEnumerable<string> texts)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            for (int dollar = text.IndexOf('$', StringComparison.Ordinal); dollar >= 0; dollar = text.IndexOf('$', dollar + 1))
            {
                int start = dollar + 1;
                while (start < text.Length && text[start] is '{' or '(' or ' ')
                    start++;
                int end = start;
                while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
                    end++;
                names.Add(text[start..end]);
            }
        }
        return names;
    }
}
