using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Master.Import;

/// <summary>Which services of master.cf become services of master.toml, and what happens without the others.</summary>
/// <param name="plan">Gets services and findings.</param>
/// <param name="settings">main.cf.</param>
/// <param name="ways">Gets to know which transports are there.</param>
internal sealed class ServiceRules(Plan plan, PostfixSettings settings, Ways ways)
{
    // Those that each system has: in master.toml as it comes, public or not, and with their usual numbers.
    private static readonly Dictionary<string, (string Command, bool IsPublic, string Wakeup, string Limit, string[] Arguments)> s_standard = new(StringComparer.Ordinal)
    {
        ["pickup"] = ("pickup", true, "60", "1", []),
        ["cleanup"] = ("cleanup", false, "", "0", []),
        ["qmgr"] = ("qmgr", true, "300", "1", []),
        ["bounce"] = ("bounce", false, "", "0", []),
        ["defer"] = ("defer", false, "", "0", []),
        ["trace"] = ("bounce", false, "", "0", []),
        ["showq"] = ("postqueue", true, "", "10", ["-showq"]),
        ["anvil"] = ("anvil", false, "", "1", []),
    };

    private readonly List<(MasterCfEntry Entry, Finding Finding)> _screens = [];

    /// <summary>Takes what can be taken.</summary>
    /// <param name="local">Where mail for names of this host and virtual mailboxes ends.</param>
    internal void Run(IReadOnlyList<MasterCfEntry> entries, MailboxRules local)
    {
        IReadOnlyList<string> disabled = settings.Words("master_service_disable");
        Dictionary<string, int> last = [];
        List<(MasterCfEntry Entry, Finding Finding)> taken = [];
        foreach (MasterCfEntry entry in entries)
            last[entry.Key] = entry.Line;
        foreach (MasterCfEntry entry in entries)
        {
            Finding finding = new("master.cf", entry.Line, $"{entry.Name} {entry.Type}") { Value = entry.Command };
            plan.Findings.Add(finding);
            if (last[entry.Key] != entry.Line)
                finding.Lose(string.Create(CultureInfo.InvariantCulture, $"line {last[entry.Key]} has the same service, and counts, as in Postfix"), decides: false);
            else if (disabled.Contains(entry.Type) || disabled.Contains($"{entry.Name}.{entry.Type}"))
                finding.Lose("master_service_disable switches it off in Postfix, too", decides: false);
            else
                taken.Add((entry, finding));
        }
        // What hands connections on goes first, wherever it stands.
        foreach ((MasterCfEntry entry, Finding finding) in taken.OrderBy(static one => one.Entry.Command != "postscreen"))
            Take(entry, finding, local);
        foreach ((string name, var standard) in s_standard)
        {
            if (!plan.Services.Exists(service => service.Name == name))
                plan.Services.Add(new PlannedService(name, standard.Command, new Finding("master.cf", 0, name)) { IsPublic = standard.IsPublic, Arguments = standard.Arguments, Limit = Number(standard.Limit), Wakeup = standard.Wakeup });
        }
        // What Postfix needs another's daemon for.
        if (settings.Flag("smtp_tlsrpt_enable") && !plan.Services.Exists(static service => service.Name == "tlsrpt"))
            plan.Services.Add(new PlannedService("tlsrpt", "tlsrpt", new Finding("master.cf", 0, "tlsrpt")) { Limit = 1, Wakeup = "300" });
    }

    private void Take(MasterCfEntry entry, Finding finding, MailboxRules local)
    {
        switch (entry.Command, entry.Type)
        {
            case ("smtpd", "inet"):
                Server(entry, finding, entry.Name);
                break;
            case ("smtpd", "pass"):
                if (_screens.Count == 0)
                    finding.Lose("nothing hands connections to it: there is no postscreen in master.cf", decides: false);
                foreach ((MasterCfEntry screen, _) in _screens)
                    Server(entry, finding, screen.Name);
                break;
            case ("postscreen", "inet"):
                _screens.Add((entry, finding));
                finding.Lose("smtpd takes these connections itself, and bots are not tested before", decides: false);
                break;
            case ("smtp" or "lmtp", "unix"):
                Client(entry, finding);
                break;
            case ("pickup" or "cleanup" or "qmgr" or "oqmgr" or "nqmgr" or "bounce" or "showq" or "anvil", "unix" or "fifo"):
                Own(entry, finding);
                break;
            case ("error" or "discard", _) when entry.Name is not ("error" or "retry" or "discard"):
                Lack(entry, finding, isUsed: false, "the ways error, retry and discard are there under these names only");
                break;
            case ("tlsmgr" or "trivial-rewrite" or "verify" or "flush" or "proxymap" or "scache" or "dnsblog" or "tlsproxy" or "postlogd" or "error" or "discard", _):
                Without(entry, finding);
                break;
            case ("local", "unix"):
                Lack(entry, finding, local.IsLocal, local.LocalConsequence);
                break;
            case ("virtual", "unix"):
                Lack(entry, finding, local.IsStoredHere, local.VirtualConsequence);
                break;
            case ("pipe", "unix"):
                Lack(entry, finding, isUsed: false, $"no command gets mail: what is led to {entry.Name} would not go there");
                break;
            case ("spawn", "unix"):
                bool isAsked = IsAsked(entry.Name);
                finding.Lose(isAsked ? $"master starts programs of its own only: start the policy service {entry.Name} by a unit of its own, and name its socket" : "nothing asks this service", isAsked);
                break;
            case ("qmqpd", _):
                finding.Lose("mail would not be taken by QMQP", decides: true);
                break;
            default:
                Lack(entry, finding, isUsed: entry.Type == "inet", $"there is no program {PrintableText.Of(entry.Command)} here");
                break;
        }
    }

    private bool IsAsked(string name) => RestrictionLists.Any(list => settings.Value(list).Contains($"private/{name}", StringComparison.Ordinal))
        || plan.Services.Exists(service => service.Options.Exists(option => option.Expanded.Contains($"private/{name}", StringComparison.Ordinal)));

    internal static readonly string[] RestrictionLists =
    [
        "smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
        "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
    ];

    private void Server(MasterCfEntry entry, Finding finding, string where)
    {
        int colon = where.LastIndexOf(':');
        string host = colon < 0 ? "" : where[..colon], port = where[(colon + 1)..];
        string name = host.Length == 0 && port is "smtp" or "25" ? "smtpd" : host.Length == 0 && !port.All(char.IsAsciiDigit) ? port : $"smtpd-{port}";
        string unique = name;
        for (int i = 2; plan.Services.Exists(service => service.Name == unique); i++)
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        PlannedService service = new(unique, "smtpd", finding) { Listen = where, Limit = Number(entry.Limit), Arguments = Kept(entry, finding) };
        plan.Services.Add(service);
        TakeOptions(entry, service, finding);
    }

    private void Client(MasterCfEntry entry, Finding finding)
    {
        // The name says which protocol is spoken.
        if (entry.Command == "lmtp" != (entry.Name == "lmtp"))
        {
            string consequence = entry.Command == "lmtp" ? "LMTP is spoken by the transport \"lmtp\" alone: lead mail to lmtp:unix:path or lmtp:[host]:port"
                : "the transport \"lmtp\" speaks LMTP here: give this one another name";
            Lack(entry, finding, isUsed: false, consequence);
            return;
        }
        PlannedService service = new(entry.Name, "smtp", finding) { Limit = Number(entry.Limit), Arguments = Kept(entry, finding) };
        plan.Services.Add(service);
        ways.Add(entry.Name);
        TakeOptions(entry, service, finding);
    }

    private void Own(MasterCfEntry entry, Finding finding)
    {
        string command = entry.Command is "oqmgr" or "nqmgr" ? "qmgr" : entry.Command;
        bool isStandard = s_standard.TryGetValue(entry.Name, out var standard)
            && (standard.Command == command || (command == "bounce" && entry.Name == "defer") || (command == "showq" && entry.Name == "showq"));
        if (!isStandard && command is not "cleanup")
        {
            Lack(entry, finding, isUsed: false, $"there is one {command} in this system, with its usual name");
            return;
        }
        PlannedService service = new(entry.Name, isStandard ? standard.Command : command, finding)
        {
            IsPublic = isStandard && standard.IsPublic,
            Wakeup = entry.Wakeup == "-" ? "" : entry.Wakeup,
            Limit = entry.Limit == "-" && isStandard ? Number(standard.Limit) : Number(entry.Limit),
            Arguments = isStandard ? [.. standard.Arguments, .. Kept(entry, finding)] : Kept(entry, finding),
        };
        plan.Services.Add(service);
        TakeOptions(entry, service, finding);
    }

    private static void Without(MasterCfEntry entry, Finding finding)
    {
        finding.LeaveOut("this system does so without a service");
        if (entry.Options.Count > 0)
            finding.Lose($"its own values of {string.Join(", ", entry.Options.Select(static option => option.Key))} would count no more: the service is not there", decides: entry.Command == "trivial-rewrite");
    }

    // A transport, or what may be one.
    private void Lack(MasterCfEntry entry, Finding finding, bool isUsed, string consequence)
    {
        bool isWay = entry.Type == "unix", isLedTo = isWay && ways.LeadTo(entry.Name);
        if (isWay)
            ways.Lack(entry.Name, new MissingWay($"there is no {entry.Command} here", Decides: true));
        finding.Lose(isUsed || isLedTo ? consequence : $"no mail goes there: nothing leads to {entry.Name}", isUsed || isLedTo);
    }

    private static List<string> Kept(MasterCfEntry entry, Finding finding)
    {
        List<string> kept = [];
        foreach (string argument in entry.Arguments)
        {
            if (argument.StartsWith("-v", StringComparison.Ordinal) || argument == "-D")
                finding.Remark($"{argument} is left out: the log has one level of detail");
            else
                finding.Lose("an argument of its program is not known here", decides: true);
        }
        return kept;
    }

    private void TakeOptions(MasterCfEntry entry, PlannedService service, Finding finding)
    {
        PostfixSettings own = settings.For(entry);
        ParameterRules rules = new(plan, own);
        foreach ((string name, string value) in entry.Options)
        {
            if (entry.Option(name) != value)
                finding.Remark($"-o {name} is there twice: the last one counts, as in Postfix");
            else if (!service.Options.Exists(option => option.Name == name) && rules.Option(entry, name, value, finding) is { } taken)
                service.Options.Add(taken);
        }
    }

    private static int? Number(string limit) => int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
