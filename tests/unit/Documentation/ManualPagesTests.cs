using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.Master;
using PostfixNet.Notices;
using PostfixNet.Postqueue;
using PostfixNet.Postsuper;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.Sendmail;
using PostfixNet.Service;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Documentation;

/// <summary>Each program opens with a manual page, whose section CONFIGURATION has the parameters that it asks for: no more, no
/// fewer.</summary>
/// <remarks>"smtp_tls_*" stands for all parameters with such a name, and the path of a source file for those that its own section
/// CONFIGURATION has. Text in parentheses is explanation.</remarks>
public sealed partial class ManualPagesTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Vectors.Directory, "..", ".."));
    private static readonly string s_main = Path.Combine(s_root, "conf", "main.toml");

    // What some settings make a program ask for besides.
    private const string Much = """
        myhostname = "mta.golden.test"
        notify_classes = ["protocol"]
        smtpd_tls_security_level = "may"
        smtp_sasl_auth_enable = true
        virtual_alias_maps = { "a@b.test" = "c@d.test" }
        smtp_generic_maps = { "a@b.test" = "c@d.test" }
        smtp_sasl_password_maps = { "a.test" = "user:password" }
        smtpd_sender_login_maps = { "a@b.test" = "c" }
        smtpd_recipient_restrictions = "check_policy_service inet:127.0.0.1:1"

        """;

    private static readonly Dictionary<string, Action<MainConfig>> s_programs = new()
    {
        ["anvil"] = static config => Read(PostfixNet.Anvil.Program.Service, config, "anvil"),
        ["bounce"] = static config =>
        {
            foreach (string service in (string[])["bounce", "trace"])
                Read(PostfixNet.Bounce.Program.Service, config, service);
        },
        ["cleanup"] = static config => Read(PostfixNet.Cleanup.Program.Service, config, "cleanup"),
        ["defer"] = static config =>
        {
            BounceService service = BounceService.FromConfig(config, BounceRole.Defer, new LogRecord());
            service.ReadTemplates();
            _ = PostfixNet.Notices.NoticeTemplates.BuiltIn(config);
            _ = (config.Get(Parameters.MaxUse), config.Get(Parameters.MaxIdle), ServiceOptions.Read(config));
        },
        ["history"] = static config => Read(PostfixNet.History.Program.Service, config, "history"),
        ["master"] = static config =>
        {
            _ = MasterSettings.Read(config);
            _ = MasterConfig.Load(config.Directory, config);
            _ = QueueDirectories.FromConfig(config);
            foreach (Parameter<string> name in (Parameter<string>[])[Parameters.MailOwner, Parameters.SetgidGroup, Parameters.SmtpdSaslPasswordFile])
                _ = config.Get(name);
            _ = config.Get(Parameters.SmtpTlsrptEnable);
            _ = config.Get(Parameters.EventsEnable);
            _ = config.Get(Parameters.SmtpSaslAuthEnable);
            _ = config.Get(Parameters.HistoryEnable);
            _ = new PostfixNet.Suppression.SuppressionSettings(config);
            _ = config.Get(Parameters.ReportDomain);
            _ = config.Get(Parameters.MetricsEnable);
            _ = config.Get(Parameters.WebhooksEnable);
            _ = config.Get(Parameters.WebEnable);
        },
        ["logins"] = static config => Read(PostfixNet.Logins.Program.Service, config, "logins"),
        ["metrics"] = static config => Read(PostfixNet.Metrics.Program.Service, config, "metrics"),
        ["web"] = static config =>
        {
            Read(PostfixNet.Web.Program.Service, config, "web");
            _ = PostfixNet.Web.WebSecrets.Read(config);
        },
        ["mtasts"] = static config => Read(PostfixNet.Mtasts.Program.Service, config, "mtasts"),
        ["pickup"] = static config => Read(PostfixNet.Pickup.Program.Service, config, "pickup"),
        ["posttool"] = static config =>
        {
            _ = QueueDirectories.FromConfig(config);
            _ = PostfixNet.Log.LogOptions.Read(config);
        },
        ["postqueue"] = static config =>
        {
            _ = PostqueueSettings.Read(config);
            Read(ShowqService.Program, config, "showq");
        },
        ["postsuper"] = static config => PostsuperSettings.Read(config),
        ["qmgr"] = static config =>
        {
            Read(PostfixNet.Qmgr.Program.Service, config, "qmgr");
            // Some transports have a default of their own.
            _ = TransportLimits.Of(config, "local", 0);
        },
        ["sendmail"] = static config =>
        {
            _ = SubmissionSettings.Read(config);
            _ = config.Get(Parameters.DaemonDirectory);
        },
        ["smtpd"] = static config =>
        {
            // There is no certificate; all that could be said of one is asked for all the same.
            Assert.Throws<ConfigurationException>(() => PostfixNet.Smtpd.Program.Service.BeforeConfinement(config, "smtpd"));
            Assert.Throws<ConfigurationException>(() => PostfixNet.Login.AuthoritySettings.Read(config));
            _ = config.Get(Parameters.SmtpdSaslAuthEnable);
            foreach (Parameter<string> name in (Parameter<string>[])[Parameters.SmtpdSaslLocalDomain, Parameters.SmtpdSaslService])
                _ = config.Get(name);
            _ = PostfixNet.Login.MechanismFilter.Read(config, Parameters.SmtpdSaslMechanismFilter, null);
            _ = (config.Get(Parameters.SmtpdSaslSecurityOptions), config.Get(Parameters.SmtpdSaslTlsSecurityOptions));
            Read(PostfixNet.Smtpd.Program.Service, config, "smtpd");
            _ = (PostfixNet.Smtpd.SmtpdOptions.ReadStandAlone(config), Maildrop.Read(config));
        },
        ["reports"] = static config => Read(PostfixNet.Reports.Program.Service, config, "reports"),
        ["tlsrpt"] = static config => Read(PostfixNet.Tlsrpt.Program.Service, config, "tlsrpt"),
        ["webhooks"] = static config => Read(PostfixNet.Webhooks.Program.Service, config, "webhooks"),
        ["smtp"] = static config =>
        {
            foreach (string service in (string[])["smtp", "lmtp"])
                Read(PostfixNet.Smtp.Program.Service, config, service);
        },
    };

    public static TheoryData<string> Programs => [.. s_programs.Keys];

    [Theory]
    [MemberData(nameof(Programs))]
    public void The_section_CONFIGURATION_has_what_the_program_asks_for(string program)
    {
        HashSet<string> asked = [];
        foreach (string more in (string[])["", "smtp_tls_security_level = 'may'\n", "smtp_enforce_tls = true\n"])
        {
            MainConfig config = MainConfig.FromText(more + Much, s_main);
            s_programs[program](config);
            asked.UnionWith(config.Asked);
        }
        HashSet<string> named = NamedIn($"{program}/Program.cs");
        Assert.Equal("", string.Join(", ", asked.Except(named).Order(StringComparer.Ordinal)));
        // A default may follow another parameter, which then is one of the program, too.
        IEnumerable<string> followed = named.SelectMany(name => Name().Matches(Parameters.Find(name)?.DefaultText ?? "").Select(static match => match.Value));
        Assert.Equal("", string.Join(", ", named.Except(asked).Except(followed).Order(StringComparer.Ordinal)));
    }

    private static void Read<TOptions>(ServiceProgram<TOptions> program, MainConfig config, string service) => program.Examine(program.Read(config, service));

    private static HashSet<string> NamedIn(string file)
    {
        StringBuilder section = new();
        bool isIn = false;
        foreach (string line in File.ReadLines(Path.Combine(s_root, file)).Select(static line => line.Trim()).Where(static line => line.StartsWith("///", StringComparison.Ordinal)))
        {
            string text = line.Replace("<remarks>", "", StringComparison.Ordinal)[3..].Trim();
            if (Heading().IsMatch(text) || text.StartsWith('<'))
                isIn = text.StartsWith("CONFIGURATION", StringComparison.Ordinal);
            if (isIn)
                section.Append(' ').Append(text);
        }
        string list = Explanation().Replace(section.ToString(), "");
        HashSet<string> names = [];
        foreach (Match path in SourceFile().Matches(list))
            names.UnionWith(NamedIn(path.Value));
        foreach (Match match in Name().Matches(SourceFile().Replace(list, "")))
        {
            string name = match.Value;
            if (name.Contains('*', StringComparison.Ordinal))
                names.UnionWith(Parameters.All.Select(static parameter => parameter.Name).Where(candidate => Regex.IsMatch(candidate, $"^{name.Replace("*", ".*", StringComparison.Ordinal)}$")));
            else if (name.Contains('_', StringComparison.Ordinal) || Parameters.Find(name) is not null)
                names.Add(name);
        }
        Assert.NotEmpty(names);
        return names;
    }

    [GeneratedRegex("[A-Za-z0-9_*]+")]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Z]{3,}( [A-Z]+)*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Explanation();

    [GeneratedRegex(@"[A-Za-z]+(/[A-Za-z]+)+\.cs")]
    private static partial Regex SourceFile();
}
