using CommandLine;
using PostfixNet.Commands;
using PostfixNet.Delivery;
using PostfixNet.Master.Import;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What <c>master</c> can be told to do: one class for each verb, the words of its help, and what it does.</summary>
internal abstract class MasterVerb : Command
{
    /// <summary>Does it.</summary>
    /// <param name="directory">Configuration directory.</param>
    /// <returns>Exit status.</returns>
    internal abstract int Run(string directory);
}

internal static class Verbs
{
    internal static CommandReader<MasterVerb> Reader => new CommandReader<MasterVerb>("master",
        "usage: master [-c config_directory] start|start-fg|stop|abort|reload|flush|status|check|config|set-permissions|logrotate|pause|resume|passwd|dkim|mta-sts|tlsrpt|auth-test|suppress|webhooks|import")
    { Manual = typeof(Verbs).Assembly }
        .With<StartVerb>().With<StartForegroundVerb>().With<StopVerb>().With<AbortVerb>().With<ReloadVerb>().With<FlushVerb>()
        .With<StatusVerb>().With<CheckVerb>().With<ConfigVerb>().With<SetPermissionsVerb>().With<LogrotateVerb>().With<PauseVerb>().With<ResumeVerb>().With<VerboseVerb>().With<PasswordVerb>().With<DkimVerb>().With<MtaStsVerb>().With<TlsrptVerb>().With<AuthTestVerb>().With<SuppressVerb>().With<WebhooksVerb>().With<ImportVerb>();
}

[Verb("start", HelpText = "Check the configuration, start the mail system, return when it accepts mail.")]
internal sealed class StartVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Start(directory);
}

[Verb("start-fg", HelpText = "Run in the foreground, for containers and service managers.")]
internal sealed class StartForegroundVerb : MasterVerb
{
    internal override int Run(string directory) => Supervisor.RunForeground(directory);
}

[Verb("stop", HelpText = "Finish what cannot be put off, end the system, return when all is down.")]
internal sealed class StopVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Stop(directory, abruptly: false);
}

[Verb("abort", HelpText = "End the system at once; mail in transmission may be sent again.")]
internal sealed class AbortVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Stop(directory, abruptly: true);
}

[Verb("reload", HelpText = "Check the configuration, and have the running system read it anew.")]
internal sealed class ReloadVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Reload(directory);
}

[Verb("flush", HelpText = "Try all deferred mail now.")]
internal sealed class FlushVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Flush(directory);
}

[Verb("status", HelpText = "Tell if the system runs (exit status 0) or not (1): its services, its queue, what is paused or held back and why.")]
internal sealed class StatusVerb : MasterVerb
{
    [Option("json", HelpText = "One JSON object.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => StatusCommand.Run(directory, Json);
}

[Verb("check", HelpText = "Read the configuration, look at the queue directories, tell all that is wrong.")]
internal sealed class CheckVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.Check(directory);
}

[Verb("set-permissions", HelpText = "Make missing queue directories; give all their owners and modes back.")]
internal sealed class SetPermissionsVerb : MasterVerb
{
    internal override int Run(string directory) => Operations.SetPermissions(directory);
}

[Verb("config", HelpText = "Show the settings in force; with names, what each means; with --for, what holds for mail to a destination.")]
internal sealed class ConfigVerb : MasterVerb
{
    [Value(0, MetaName = "NAME", HelpText = "Parameters to describe; none: list all.")]
    public IEnumerable<string> Names { get; set; } = [];

    [Option("changed", SetName = "changed", HelpText = "Only those that main.toml gives another value than the default.")]
    public bool Changed { get; set; }

    [Option("defaults", SetName = "defaults", HelpText = "The defaults, in place of the values.")]
    public bool Defaults { get; set; }

    [Option("for", Max = 1, SetName = "for", MetaValue = "DOMAIN|ADDRESS", HelpText = "Route, TLS, login and limits for mail there, and what makes them so.")]
    public IEnumerable<string> Destination { get; set; } = [];

    [Option("from", Max = 1, SetName = "for", MetaValue = "ADDRESS", HelpText = "With --for: the sender, \"<>\" for none; default: somebody of this host.")]
    public IEnumerable<string> Sender { get; set; } = [];

    [Option("json", HelpText = "JSON: one object a parameter, a line each; with --for one object.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Destination.FirstOrDefault() is not { } destination
        ? Sender.Any() ? Caller.Fail("--from goes with --for", ExitStatus.Usage) : ConfigCommand.Run(directory, new([.. Names], Changed, Defaults, Json))
        : Names.Any() ? Caller.Fail("--for takes no names of parameters", ExitStatus.Usage)
        : ConfigCommand.For(directory, destination, Sender.FirstOrDefault(), Json);
}

[Verb("logrotate", HelpText = "Begin a new maillog_file; the present one gets the time as the end of its name, and that of the rotation before is compressed.")]
internal sealed class LogrotateVerb : MasterVerb
{
    internal override int Run(string directory) => LogRotation.Run(directory, TimeProvider.System);
}

/// <summary>A verb with words that say which deliveries are meant.</summary>
internal abstract class SelectingVerb : MasterVerb
{
    [Value(0, MetaName = "WHICH", HelpText = "[transport NAME] [destination DOMAIN|NEXTHOP] [from ADDRESS|DOMAIN]; nothing: all deliveries.")]
    public IEnumerable<string> Words { get; set; } = [];
}

[Verb("pause", HelpText = "Start no more deliveries that fit all that is given, over restarts too.")]
internal sealed class PauseVerb : SelectingVerb
{
    internal override int Run(string directory) => Pauses.Pause(directory, [.. Words]);
}

[Verb("resume", HelpText = "End the pause with the same words, or all pauses.")]
internal sealed class ResumeVerb : SelectingVerb
{
    internal override int Run(string directory) => Pauses.Resume(directory, [.. Words]);
}

[Verb("verbose", HelpText = "Log conversations line by line, at once and without a reload: of services, with a peer; \"off\" ends that; nothing tells what is logged so.")]
internal sealed class VerboseVerb : MasterVerb
{
    [Value(0, MetaName = "SERVICE", HelpText = "Names of services of master.toml that run smtp or smtpd; or \"off\".")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("peer", Max = 1, MetaValue = "HOST|DOMAIN|ADDRESS|NETWORK/BITS", HelpText = "Only conversations with these, as in debug_peer_list.")]
    public IEnumerable<string> Peer { get; set; } = [];

    [Option("for", Max = 1, MetaValue = "TIME", HelpText = "How long, as 30s, 10m, 2h; default: until it is ended.")]
    public IEnumerable<string> Time { get; set; } = [];

    internal override int Run(string directory) => VerboseCommand.Run(directory, [.. Words], Peer.FirstOrDefault() ?? "", Time.FirstOrDefault());
}

[Verb("passwd", HelpText = "Let a user log in at the SMTP server: asks for the password, or reads it from standard input.")]
internal sealed class PasswordVerb : MasterVerb
{
    [Value(0, MetaName = "USER", HelpText = "Name of the user, often a mail address.")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("delete", HelpText = "Take the user away.")]
    public bool Delete { get; set; }

    [Option("crypt", HelpText = "Store a crypt(3) hash: guesses cost more, but there is no SCRAM.")]
    public bool Crypt { get; set; }

    [Option("list", HelpText = "Name the users, one a line.")]
    public bool List { get; set; }

    internal override int Run(string directory) => Passwords.Run(directory, [.. Words], Delete, Crypt, List);
}

[Verb("dkim", HelpText = "Keys that sign mail: \"genkey DOMAIN SELECTOR\" makes one and shows its DNS record, \"check [DOMAIN ...]\" looks whether receivers find them.")]
internal sealed class DkimVerb : MasterVerb
{
    [Value(0, MetaName = "WHAT", HelpText = "genkey DOMAIN SELECTOR, or check [DOMAIN ...].")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("type", Max = 1, MetaValue = "rsa|ed25519", HelpText = "genkey: kind of key; rsa, which all receivers know.")]
    public IEnumerable<string> Type { get; set; } = [];

    [Option("bits", Max = 1, MetaValue = "N", HelpText = "genkey: length of an RSA key, 2048 to 4096; 2048.")]
    public IEnumerable<int> Bits { get; set; } = [];

    [Option("out", Max = 1, MetaValue = "DIRECTORY", HelpText = "genkey: where the file of the key is to be; dkim below the configuration directory.")]
    public IEnumerable<string> Out { get; set; } = [];

    [Option("json", HelpText = "JSON: one object a key, a line each.")]
    public bool Json { get; set; }

    internal override int Run(string directory)
    {
        string[] words = [.. Words];
        bool hasKeyOptions = Type.Any() || Bits.Any() || Out.Any();
        return words switch
        {
            ["genkey", var domain, var selector] when !(Bits.Any() && Type.FirstOrDefault() == "ed25519") =>
                DkimKeys.Generate(directory, domain, selector, Type.FirstOrDefault("rsa"), Bits.FirstOrDefault(2048), Out.FirstOrDefault(), Json),
            ["check", ..] when !hasKeyOptions => DkimCheck.Run(directory, words[1..], Json),
            _ => Caller.Fail("dkim takes \"genkey DOMAIN SELECTOR [--type rsa|ed25519] [--bits N] [--out DIRECTORY] [--json]\" (bits for rsa), or \"check [DOMAIN ...] [--json]\"", ExitStatus.Usage),
        };
    }
}

[Verb("mta-sts", HelpText = "Show the MTA-STS policy of a domain (exit status 1: none holds), and which of its mail exchangers are in it.")]
internal sealed class MtaStsVerb : MasterVerb
{
    [Value(0, MetaName = "DOMAIN", HelpText = "The domain of mail addresses.")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("refresh", HelpText = "Fetch it anew, whatever is known of it.")]
    public bool Refresh { get; set; }

    [Option("json", HelpText = "One JSON object.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Words.ToArray() is [var domain] ? MtaStsCommand.Run(directory, domain, Refresh, Json)
        : Caller.Fail("mta-sts takes one domain; usage: master mta-sts DOMAIN [--refresh] [--json]", ExitStatus.Usage);
}

[Verb("tlsrpt", HelpText = "Show results of TLS that are gathered for domains that want reports, and the state of the reports.")]
internal sealed class TlsrptVerb : MasterVerb
{
    [Value(0, MetaName = "DOMAIN", HelpText = "All that is counted for this one; none: all domains, with their sums.")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("send", HelpText = "First try reports of days that are over at once, those that wait for another attempt, too.")]
    public bool Send { get; set; }

    [Option("json", HelpText = "JSON: an array with one object for each domain and day.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Words.Count() > 1 ? Caller.Fail("tlsrpt takes one domain", ExitStatus.Usage) : TlsReports.Run(directory, Words.FirstOrDefault(), Json, Send);
}

[Verb("auth-test", HelpText = "Log in to the server of a destination as mail would (exit status 0: accepted), show each step, send nothing.")]
internal sealed class AuthTestVerb : MasterVerb
{
    [Value(0, MetaName = "DESTINATION", HelpText = "A domain or address, whose route is taken; or a next hop, \"[smtp.example.com]:587\".")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("from", Max = 1, MetaValue = "ADDRESS", HelpText = "The sender, where logins depend on it; default: somebody of this host.")]
    public IEnumerable<string> Sender { get; set; } = [];

    [Option("transport", Max = 1, MetaValue = "SERVICE", HelpText = "The service of master.toml that logs in; default: that of the route, else smtp.")]
    public IEnumerable<string> Transport { get; set; } = [];

    [Option("conversation", HelpText = "Show what is said, line by line; passwords and tokens left out.")]
    public bool Conversation { get; set; }

    [Option("json", HelpText = "One JSON array.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Words.ToArray() is [var destination]
        ? AuthTest.Run(directory, destination, Sender.FirstOrDefault(), Transport.FirstOrDefault(), Conversation, Json)
        : Caller.Fail("auth-test takes one destination; usage: master auth-test DESTINATION [--from ADDRESS] [--transport SERVICE] [--conversation] [--json]", ExitStatus.Usage);
}

[Verb("suppress", HelpText = "The suppression list: addresses that get no mail. list, check, add, remove, import, export.")]
internal sealed class SuppressVerb : MasterVerb
{
    [Value(0, MetaName = "WHAT", HelpText = "list, check ADDRESS, add ADDRESS ..., remove ADDRESS ..., import [FILE], or export.")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("sender", Max = 1, MetaValue = "ADDRESS|DOMAIN", HelpText = "Only mail of this sender or domain; default: all mail.")]
    public IEnumerable<string> Sender { get; set; } = [];

    [Option("reason", Max = 1, MetaValue = "TEXT", HelpText = "add: why; senders of mail that is returned see it.")]
    public IEnumerable<string> Reason { get; set; } = [];

    [Option("time", Max = 1, MetaValue = "TIME", HelpText = "add: how long, as 12h, 30d, 8w; default: until it is removed.")]
    public IEnumerable<string> Time { get; set; } = [];

    [Option("json", HelpText = "list, check: JSON, one object an address, a line each.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Json && Words.FirstOrDefault() is not ("list" or "check")
        ? Caller.Fail("suppress takes --json with list and check alone", ExitStatus.Usage)
        : SuppressCommand.Run(directory, [.. Words], new SuppressOptions(Sender.FirstOrDefault(), Reason.FirstOrDefault(), Time.FirstOrDefault(), Json));
}

[Verb("webhooks", HelpText = "Events that are sent to URLs: list, cancel, retry, test.")]
internal sealed class WebhooksVerb : MasterVerb
{
    [Value(0, MetaName = "WHAT", HelpText = "list; cancel ID|NAME|ALL; retry ID|NAME|ALL (those given up, too, and webhooks that were stopped); or test NAME (exit status 0: taken).")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("all", HelpText = "list: events that were delivered, superseded or canceled, too.")]
    public bool All { get; set; }

    [Option("json", HelpText = "One JSON object.")]
    public bool Json { get; set; }

    internal override int Run(string directory) => Words.ToArray() switch
    {
        [] or [WebhooksQuestion.List] => WebhooksCommand.Run(directory, new WebhooksQuestion(WebhooksQuestion.List, "", All), Json),
        [WebhooksQuestion.Cancel or WebhooksQuestion.Retry or WebhooksQuestion.Test, _] words when !All => WebhooksCommand.Run(directory, new WebhooksQuestion(words[0], words[1]), Json),
        _ => Caller.Fail("webhooks takes \"list [--all] [--json]\", \"cancel ID|NAME|ALL\", \"retry ID|NAME|ALL\" or \"test NAME\"", ExitStatus.Usage),
    };
}

[Verb("import", HelpText = "Make main.toml and master.toml of a configuration of Postfix.")]
internal sealed class ImportVerb : MasterVerb
{
    [Value(0, MetaName = "DIRECTORY", HelpText = "Where main.cf and master.cf are; /etc/postfix.")]
    public IEnumerable<string> Words { get; set; } = [];

    [Option("output", MetaValue = "DIRECTORY", HelpText = "Where main.toml and master.toml are to be; the configuration directory.")]
    public string? Output { get; set; }

    [Option("queue", MetaValue = "DIRECTORY", HelpText = "queue_directory; else the queue of Postfix is taken over in place.")]
    public string? Queue { get; set; }

    [Option("accept-losses", HelpText = "Write also what treats mail otherwise than Postfix does.")]
    public bool AcceptLosses { get; set; }

    [Option("copy-tables", HelpText = "Copy the files of tables, too.")]
    public bool CopyTables { get; set; }

    [Option("dry-run", HelpText = "Only report.")]
    public bool DryRun { get; set; }

    [Option("json", HelpText = "Report as JSON.")]
    public bool Json { get; set; }

    internal override int Run(string directory)
    {
        string[] words = [.. Words];
        if (words.Length > 1)
            return Caller.Fail("import takes one directory; usage: master import /etc/postfix [--output DIRECTORY]", ExitStatus.Usage);
        if (Queue is not (null or ['/', ..]))
            return Caller.Fail("--queue takes a path from the root", ExitStatus.Usage);
        return Importer.Run(new ImportOptions(Path.GetFullPath(words.FirstOrDefault("/etc/postfix")).TrimEnd('/'), Path.GetFullPath(Output ?? directory).TrimEnd('/'), Queue?.TrimEnd('/'),
            AcceptLosses, CopyTables, DryRun, Json));
    }
}
