using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

public sealed class MainConfigTests
{
    private static readonly string s_directory = Directory.CreateTempSubdirectory("main-config").FullName;

    private static MainConfig Config(string toml) => MainConfig.FromText(toml);

    private static string Failure(Action action) => Assert.Throws<ConfigurationException>(action).Message;

    [Fact]
    public void Every_default_can_be_read()
    {
        MainConfig config = Config("");
        foreach (Parameter parameter in Parameters.All)
            Assert.NotNull(ValueOf(config, parameter));
        Assert.Empty(config.Validate());
    }

    // S4-19
    [Fact]
    public void Defaults_are_those_of_the_reference()
    {
        MainConfig config = Config("");
        Assert.Equal("/var/spool/postfix.net", config.Get(Parameters.QueueDirectory));
        Assert.Equal(AppContext.BaseDirectory.TrimEnd('/'), config.Get(Parameters.DaemonDirectory));
        Assert.Equal(TimeSpan.FromDays(5), config.Get(Parameters.MaximalQueueLifetime));
        Assert.Equal(TimeSpan.FromSeconds(4000), config.Get(Parameters.MaximalBackoffTime));
        Assert.Equal(TimeSpan.Zero, config.Get(Parameters.DelayWarningTime));
        Assert.Equal(["deferred", "defer"], config.Get(Parameters.HashQueueNames));
        Assert.Equal(10240000L, config.Get(Parameters.MessageSizeLimit));
        Assert.Equal("postfix", config.Get(Parameters.SyslogName));
        Assert.Equal(25, config.Get(Parameters.SmtpTcpPort));
        Assert.True(config.Get(Parameters.EnableLongQueueIds));
        Assert.True(config.Get(Parameters.Smtputf8Enable));
        Assert.False(config.Get(Parameters.AppendDotMydomain));
        Assert.True(config.Get(Parameters.TransportMaps).IsEmpty);
        Assert.Empty(config.Get(Parameters.DnsNameservers));
        Assert.Equal(config.Get(Parameters.DefaultDestinationConcurrencyLimit), config.ForTransport(Parameters.DefaultDestinationConcurrencyLimit, "smtp"));
        Assert.Equal(typeof(MainConfig).Assembly.GetName().Version!.ToString(3), config.Get(Parameters.MailVersion));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("mydomain = 'example.org'", null)]
    [InlineData("myhostname = 'mx.example.com'", "example.com")]
    [InlineData("myhostname = 'mx'", "localdomain")]
    [InlineData("myhostname = 'mx.$mydomain'\nmydomain = 'example.net'", "example.net")]
    public void Own_domain_follows_own_host_name(string toml, string? domain)
    {
        MainConfig config = Config(toml);
        Assert.Contains('.', config.Get(Parameters.MyHostname) + ".");
        if (domain is not null)
            Assert.Equal(domain, config.Get(Parameters.MyDomain));
        Assert.Equal(config.Get(Parameters.MyHostname), config.Get(Parameters.MyOrigin));
    }

    [Theory]
    [InlineData("queue_run_delay = 60", 60)]
    [InlineData("queue_run_delay = '60'", 60)]
    [InlineData("queue_run_delay = '90s'", 90)]
    [InlineData("queue_run_delay = '5m'", 300)]
    [InlineData("queue_run_delay = '1H'", 3600)]
    [InlineData("queue_run_delay = '2d'", 172800)]
    [InlineData("queue_run_delay = '1w'", 604800)]
    [InlineData("queue_run_delay = '$max_idle'\nmax_idle = '7m'", 420)]
    public void Times(string toml, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Config(toml).Get(Parameters.QueueRunDelay));

    [Fact]
    public void A_bare_number_has_the_unit_of_the_default()
    {
        Assert.Equal(TimeSpan.FromHours(4), Config("delay_warning_time = 4").Get(Parameters.DelayWarningTime));
        Assert.Equal(TimeSpan.FromDays(3), Config("maximal_queue_lifetime = '3'").Get(Parameters.MaximalQueueLifetime));
    }

    [Theory]
    [InlineData("soft_bounce = true", true)]
    [InlineData("soft_bounce = 'yes'", true)]
    [InlineData("soft_bounce = 'No'", false)]
    [InlineData("soft_bounce = '$always_add_missing_headers'\nalways_add_missing_headers = true", true)]
    public void Flags(string toml, bool value) => Assert.Equal(value, Config(toml).Get(Parameters.SoftBounce));

    [Theory]
    [InlineData("relayhost = ['a.example', 'b.example:25']", "a.example|b.example:25")]
    [InlineData("relayhost = 'a.example, b.example\tc.example'", "a.example|b.example|c.example")]
    [InlineData("relayhost = ''", "")]
    [InlineData("relayhost = []", "")]
    [InlineData("relayhost = ['$defer_transports', 'x']\ndefer_transports = 'smtp relay'", "smtp|relay|x")]
    public void Lists(string toml, string words) => Assert.Equal(words, string.Join('|', Config(toml).Get(Parameters.Relayhost)));

    [Theory]
    [InlineData("mail_name = 'a$mail_owner.b'\nmail_owner = 'x'", "ax.b")]
    [InlineData("mail_name = '${mail_owner}s $(mail_owner)'\nmail_owner = 'x'", "xs x")]
    [InlineData("mail_name = '$$5 $$mail_owner'", "$5 $mail_owner")]
    [InlineData("mail_name = '${always_bcc?copy to $always_bcc}'", "")]
    [InlineData("mail_name = '${always_bcc?copy to $always_bcc}'\nalways_bcc = 'b@c'", "copy to b@c")]
    [InlineData("mail_name = '${always_bcc:nobody}'", "nobody")]
    [InlineData("mail_name = '${always_bcc?{yes}:{no ${mail_owner}}}'\nmail_owner = 'x'", "no x")]
    [InlineData("mail_name = '${ours}'\nours = 'made up'", "made up")]
    [InlineData("mail_name = 7", "7")]
    [InlineData("mail_name = 3.10", "3.10")]
    [InlineData("mail_name = '$soft_bounce $hash_queue_names $max_use'\nsoft_bounce = true\nhash_queue_names = ['a', 'b']\nmax_use = 9", "yes a, b 9")]
    [InlineData("mail_name = '$config_directory'", ".")]
    public void Expansion(string toml, string value)
    {
        MainConfig config = Config(toml);
        Assert.Equal(value, config.Get(Parameters.MailName));
        Assert.Empty(config.Validate());
    }

    [Theory]
    // Types
    [InlineData("max_use = 'many'", "main.toml:1:11: max_use: \"many\" is not a number; give a whole number")]
    [InlineData("max_use = 1.5", "main.toml:1:11: max_use: a float is not accepted; give a whole number")]
    [InlineData("\n max_use = [1]", "main.toml:2:12: max_use: an array is not accepted; give a whole number")]
    [InlineData("soft_bounce = 1", "main.toml:1:15: soft_bounce: an integer is not accepted; give true or false")]
    [InlineData("soft_bounce = 'perhaps'", "main.toml:1:15: soft_bounce: \"perhaps\" is not accepted; give true or false")]
    [InlineData("max_idle = 'soon'", "main.toml:1:12: max_idle: \"soon\" is not a time; give a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"")]
    [InlineData("max_idle = true", "main.toml:1:12: max_idle: a boolean is not accepted; give a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"")]
    [InlineData("max_idle = '1h30m'", "main.toml:1:12: max_idle: \"1h30m\" is not a time; give a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"")]
    [InlineData("mail_name = true", "main.toml:1:13: mail_name: a boolean is not accepted; give text in quotes")]
    [InlineData("mail_name = []", "main.toml:1:13: mail_name: an array is not accepted; give text in quotes")]
    [InlineData("[mail_name]", "main.toml:1:1: mail_name: a table is not accepted; give text in quotes")]
    [InlineData("mail_name = \"a\\nb\"", "main.toml:1:13: mail_name: the text contains a control character; give one line of text")]
    [InlineData("relayhost = true", "main.toml:1:13: relayhost: a boolean is not accepted; give a list such as [\"a\", \"b\"] or \"a, b\"")]
    [InlineData("relayhost = ['a',\n true]", "main.toml:2:2: relayhost: a boolean is not accepted in this list; give text in quotes")]
    [InlineData("queue_directory = 'spool'", "main.toml:1:19: queue_directory: \"spool\" is not a path from the root; give one that begins with \"/\"")]
    [InlineData("myhostname = 'a b'", "main.toml:1:14: myhostname: \"a b\" is not a host name; give e.g. \"mail.example.com\"")]
    [InlineData("maillog_format = 'xml'", "main.toml:1:18: maillog_format: \"xml\" is not accepted; give one of \"postfix\", \"json\"")]
    [InlineData("inet_protocols = 'ipv4 ipv5'", "main.toml:1:18: inet_protocols: \"ipv5\" is not accepted; give one of \"all\", \"ipv4\", \"ipv6\"")]
    [InlineData("smtp_tcp_port = 'gopher'", "main.toml:1:17: smtp_tcp_port: \"gopher\" is not a port; give a port number, or \"smtp\", \"lmtp\", \"smtps\", \"submission\"")]
    // Ranges
    [InlineData("max_use = -1", "main.toml:1:11: max_use: -1 is out of range; give 0 or more")]
    [InlineData("max_use = 3000000000", "main.toml:1:11: max_use: 3000000000 is out of range; give 0 or more, up to 2147483647")]
    [InlineData("smtp_tcp_port = 70000", "main.toml:1:17: smtp_tcp_port: 70000 is out of range; accepted are 1 to 65535")]
    [InlineData("smtp_helo_timeout = 0", "main.toml:1:21: smtp_helo_timeout: the time is out of range; accepted are 1s to 2147483647s")]
    [InlineData("in_flow_delay = -5", "main.toml:1:17: in_flow_delay: the time is out of range; accepted are 0s to 2147483647s")]
    [InlineData("maximal_queue_lifetime = 9223372036854775807", "main.toml:1:26: maximal_queue_lifetime: the time is out of range; accepted are 0s to 2147483647s")]
    [InlineData("smtp_destination_concurrency_limit = 'x'", "main.toml:1:38: smtp_destination_concurrency_limit: \"x\" is not a number; give a whole number")]
    [InlineData("slow_destination_rate_delay = 'x'", "main.toml:1:31: slow_destination_rate_delay: \"x\" is not a time; give a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"")]
    [InlineData("lmtp_helo_timeout = 'x'", "main.toml:1:21: lmtp_helo_timeout: \"x\" is not a time; give a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"")]
    [InlineData("compatibility_level = 2", "main.toml:1:23: compatibility_level: \"2\" is not supported: the defaults are those of level 3.6, which older levels have not; leave it out")]
    [InlineData("config_directory = '/x'", "main.toml:1:20: config_directory: cannot be set: it is where this file is; leave it out")]
    [InlineData("syslog_facility = 'mial'", "main.toml:1:19: syslog_facility: \"mial\" is not accepted; give one of \"auth\", \"authpriv\", \"cron\", \"daemon\", \"ftp\", \"kern\", \"lpr\", \"mail\", \"news\", \"syslog\", \"user\", \"uucp\", \"local0\", \"local1\", \"local2\", \"local3\", \"local4\", \"local5\", \"local6\", \"local7\"")]
    [InlineData("authorized_flush_users = 'hash:/x'", "main.toml:1:26: authorized_flush_users: \"hash:/x\" is not accepted; give login names, \"static:anyone\", and \"!\" in front of what is excluded")]
    [InlineData("slow_destination_concurrency_positive_feedback = '1/window'", "main.toml:1:50: slow_destination_concurrency_positive_feedback: \"1/window\" is not accepted; give a number from 0 to 1, or number/concurrency, or number/sqrt_concurrency")]
    // Expansion
    [InlineData("# 1\n# 2\n\nmyorigin = '$myorigin'", "main.toml:4:1: myorigin: $-expansion loops through myorigin")]
    [InlineData("mail_name = '$mail_owner'\nmail_owner = '${mail_name}'", "main.toml:1:1: mail_name: $-expansion loops through mail_owner")]
    [InlineData("mail_name = '$nosuchname'", "main.toml:1:13: mail_name: $nosuchname is not defined")]
    [InlineData("mail_name = '$myhostnam'", "main.toml:1:13: mail_name: $myhostnam is not defined; did you mean \"myhostname\"?")]
    [InlineData("mail_name = '${mail_owner'", "main.toml:1:13: mail_name: \"{\" has no \"}\"")]
    [InlineData("mail_name = 'x$-'", "main.toml:1:13: mail_name: \"$\" at character 2 of the value is followed by no name; accepted are $name, ${name}, and $$ for a dollar sign")]
    [InlineData("mail_name = '$transport_maps'\n[transport_maps]", "main.toml:2:1: transport_maps: a table has no text that could be expanded")]
    // Tables
    [InlineData("transport_maps = 1", "main.toml:1:18: transport_maps: an integer is not accepted; give a table, \"texthash:/path\", \"inline:{key=value}\", \"static:value\", another of the types in docs/tables.md, or a list of these")]
    [InlineData("transport_maps = 'hush:/x'", "main.toml:1:18: transport_maps: \"hush:/x\" is not a lookup table; give a table, \"texthash:/path\", \"inline:{key=value}\", \"static:value\", another of the types in docs/tables.md, or a list of these")]
    [InlineData("transport_maps = 'texthash:x'", "main.toml:1:18: transport_maps: \"texthash:\" needs a path from the root; accepted is \"texthash:/path\" or \"texthash:$config_directory/file\"")]
    [InlineData("transport_maps = 'texthash:/nonexistent/t'", "main.toml:1:18: transport_maps: the table /nonexistent/t cannot be read: No such file or directory")]
    [InlineData("transport_maps = 'texthash:/dev/null'", "main.toml:1:18: transport_maps: the table /dev/null cannot be read: not a regular file")]
    [InlineData("transport_maps = 'inline:{a}'", "main.toml:1:18: transport_maps: entry 1 of an inline table is not understood; accepted is \"key=value\"")]
    [InlineData("[transport_maps]\nexample.com = 'smtp:'", "main.toml:2:1: transport_maps: key \"example\" holds a table; a key with dots needs quotes, e.g. \"example.com\" = \"...\"")]
    [InlineData("[transport_maps]\na = true", "main.toml:2:5: transport_maps: a boolean is not accepted as the value of \"a\"; give text in quotes")]
    [InlineData("[transport_maps]\na = 'x'\nA = 'y'", "main.toml:3:5: transport_maps: key \"A\" occurs twice; letter case does not matter")]
    [InlineData("[virtual_alias_maps]\na = ['x', 1]", "main.toml:2:11: virtual_alias_maps: an integer is not accepted in a list of values; give text in quotes")]
    public void A_wrong_value_is_named_with_its_place(string toml, string message) => Assert.Equal(message, Failure(() => Config(toml).Validate()));

    [Fact]
    public void Bad_toml_is_named_with_its_place() =>
        Assert.Equal("/etc/x/main.toml:2:11: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not \"m\"",
            Failure(() => MainConfig.FromText("\nmax_use = many", "/etc/x/main.toml")));

    [Fact]
    public void All_wrong_values_are_told_at_once() => Assert.Equal(
    [
        "main.toml:1:11: max_use: \"x\" is not a number; give a whole number",
        "main.toml:3:1: use_srv_lookup: not supported: mail goes where transport_maps, relayhost or the domain of the recipient leads; leave it out",
        "main.toml:5:8: destination.\"a.test\".rate: \"y\" is not a rate; give messages per time, such as \"100/1m\"",
    ], Assert.Throws<ConfigurationException>(() => Config("max_use = 'x'\nmail_name = 'y'\nuse_srv_lookup = 'z'\n[destination.'a.test']\nrate = 'y'").Validate()).Problems);

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Equal("/nonexistent/main.toml: cannot be read: No such file or directory", Failure(() => MainConfig.Load("/nonexistent")));

    [Fact]
    public void Loads_a_directory()
    {
        string directory = Path.Join(s_directory, "load");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, "main.toml"), "mail_name = 'X'\nmail_owner = '$config_directory'");
        MainConfig config = MainConfig.Load(directory);
        Assert.Equal(("X", directory, directory), (config.Get(Parameters.MailName), config.Directory, config.Get(Parameters.MailOwner)));
    }

    [Theory]
    [InlineData("\n\nquue_directory = '/x'", "main.toml:3:1: unknown parameter \"quue_directory\"; did you mean \"queue_directory\"?")]
    [InlineData("smtp_conect_timeout = 1", "main.toml:1:1: unknown parameter \"smtp_conect_timeout\"; did you mean \"smtp_connect_timeout\"?")]
    [InlineData("wibble = 1", "main.toml:1:1: unknown parameter \"wibble\"")]
    [InlineData("[limits.\"x\"]\nlimit = 1", "main.toml:1:2: unknown table \"limits\"")]
    [InlineData("[transport_map]", "main.toml:1:2: unknown table \"transport_map\"; did you mean \"transport_maps\"?")]
    [InlineData("\"a\\nb\" = 1", "main.toml:1:1: unknown parameter \"a?b\"")]
    public void An_unknown_key_is_a_warning(string toml, string warning)
    {
        MainConfig config = Config(toml);
        Assert.Equal(warning, Assert.Single(config.Validate()));
    }

    [Theory]
    [InlineData("alias_maps = 'hash:/etc/aliases'")]
    [InlineData("virtual_maps = ''")]
    [InlineData("slow_destination_concurrency_limit = 1")]
    [InlineData("slow_initial_destination_concurrency = 1")]
    [InlineData("lmtp_lhlo_timeout = '1h'")]
    [InlineData("lmtp_tcp_port = 2400")]
    public void Names_of_postfix_do_not_warn(string toml)
    {
        MainConfig config = Config(toml);
        Assert.Empty(config.Validate());
    }

    // S4-19
    [Fact]
    public void A_transport_has_values_of_its_own()
    {
        MainConfig config = Config("""
            default_destination_concurrency_limit = 7
            slow_destination_concurrency_limit = 1
            slow_initial_destination_concurrency = 2
            slow_destination_rate_delay = "3s"
            lmtp_helo_timeout = "9s"
            lmtp_lhlo_name = "lmtp.example.com"
            """);
        Assert.Equal(1, config.ForTransport(Parameters.DefaultDestinationConcurrencyLimit, "slow"));
        Assert.Equal(7, config.ForTransport(Parameters.DefaultDestinationConcurrencyLimit, "smtp"));
        Assert.Equal(2, config.ForTransport(Parameters.InitialDestinationConcurrency, "slow"));
        Assert.Equal(5, config.ForTransport(Parameters.InitialDestinationConcurrency, "smtp"));
        Assert.Equal(TimeSpan.FromSeconds(3), config.ForTransport(Parameters.DefaultDestinationRateDelay, "slow"));
        Assert.Equal(1, config.ForTransport(Parameters.DefaultDestinationRecipientLimit, "local"));
        Assert.Equal(TimeSpan.FromSeconds(9), config.ForTransport(Parameters.SmtpHeloTimeout, "lmtp"));
        Assert.Equal(TimeSpan.FromSeconds(300), config.ForTransport(Parameters.SmtpHeloTimeout, "relay"));
        Assert.Equal("lmtp.example.com", config.ForTransport(Parameters.SmtpHeloName, "lmtp"));
        Assert.NotEqual("lmtp.example.com", config.ForTransport(Parameters.SmtpHeloName, "smtp"));
    }

    [Fact]
    public void The_directory_is_the_options_or_the_environments()
    {
        Assert.Equal("/x", MainConfig.FindDirectory("/x"));
        string? before = Environment.GetEnvironmentVariable("MAIL_CONFIG");
        try
        {
            Environment.SetEnvironmentVariable("MAIL_CONFIG", "/y");
            Assert.Equal("/y", MainConfig.FindDirectory(null));
            Environment.SetEnvironmentVariable("MAIL_CONFIG", null);
            Assert.Equal("/etc/postfix.net", MainConfig.FindDirectory(null));
        }
        finally
        {
            Environment.SetEnvironmentVariable("MAIL_CONFIG", before);
        }
    }

    private static object? ValueOf(MainConfig config, Parameter parameter) => parameter switch
    {
        Parameter<string> p => config.Get(p),
        Parameter<int> p => config.Get(p),
        Parameter<long> p => config.Get(p),
        Parameter<bool> p => config.Get(p),
        Parameter<TimeSpan> p => config.Get(p),
        Parameter<IReadOnlyList<string>> p => config.Get(p),
        Parameter<LookupTable> p => config.Get(p),
        Parameter<MatchList> p => config.Get(p),
        Parameter<UserList> p => config.Get(p),
        Parameter<ActionList> p => config.Get(p),
        Parameter<System.Net.IPAddress> p => config.Get(p),
        _ => null,
    };
}
