using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Master.Import;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Import;

/// <summary>What import makes of lines, tables and services; that it writes where it may, and tells no secrets.</summary>
public sealed class ImporterTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pfn-import-").FullName;

    private const string Services = """
        smtp unix - - n - - smtp
        relay unix - - n - - smtp -o syslog_name=postfix/$service_name
        lmtp unix - - n - - lmtp
        local unix - n n - - local

        """;

    [Fact]
    public void Each_line_is_told_once()
    {
        Plan plan = Import("myhostname = a.example.com\n\nrelayhost =\nrelayhost = [b.example]\nbiff = no\nno_such = 1\nmydestination =\n", Services + "x unix - - n - - pipe\n  flags=F argv=/bin/x secret\n");
        Assert.Equal(["main.cf:1 taken", "main.cf:3 lost", "main.cf:4 taken", "main.cf:5 lost", "main.cf:6 lost", "main.cf:7 taken", "master.cf:1 taken", "master.cf:2 taken", "master.cf:3 taken", "master.cf:4 lost", "master.cf:5 lost"],
            Lines(plan, static _ => true));
        Assert.False(plan.Decides);
    }

    [Theory]
    [InlineData("relayhost = [a.example]\nb = c\nmyorigin = $b.example", "myorigin = \"$b.example\"")]
    [InlineData("i = ${default_database_type}:\nrelayhost = ${{$i} == {hash:} ? {[a.example]} : {[b.example]}}", "relayhost = \"${{$i} == {hash:} ? {[a.example]} : {[b.example]}}\"")]
    [InlineData("myorigin = $myhostname\nappend_dot_mydomain = yes\nqueue_run_delay = 5m", "append_dot_mydomain = true")]
    [InlineData("virtual_alias_maps = regexp:{ {/^x$$/ a@b.example} }", "virtual_alias_maps = \"regexp:{ {/^x$$/ a@b.example} }\"")]
    [InlineData("smtp_destination_concurrency_limit = 20", "smtp_destination_concurrency_limit = 20")]
    [InlineData("local_transport = nosuch", "local_transport = \"retry:4.3.0 the transport nosuch of Postfix is not there\"")]
    [InlineData("mailbox_transport = lmtp:unix:private/x\nmydestination = a.example", "local_transport = \"lmtp:unix:private/x\"")]
    [InlineData("virtual_mailbox_domains = a.example\nvirtual_transport = lmtp:unix:private/x", "relay_domains = \"a.example\"")]
    [InlineData("relay_domains = a.example\ncompatibility_level = 0", "append_dot_mydomain = true")]
    public void Values_keep_their_meaning(string main, string line)
    {
        Plan plan = Import("compatibility_level = 3.6\nmyhostname = h.example.com\n" + main + "\n", Services);
        string[] toml = [.. TomlWriter.MainToml(plan, "/x", "/y").Split('\n')];
        Assert.Contains(line, toml);
        _ = MainConfig.FromText(string.Join('\n', toml.Where(static text => !text.StartsWith("queue_directory", StringComparison.Ordinal)))).Validate();
    }

    // A main.cf that says nothing of TLS means none, and a service that begins it in the old words still does.
    [Theory]
    [InlineData("", "", "smtp none", "lmtp none")]
    [InlineData("smtp_tls_security_level =", "", "smtp none", "lmtp none")]
    [InlineData("smtp_tls_security_level = may", "", "smtp may", "lmtp may")]
    [InlineData("smtp_tls_security_level = may\nvirtual_mailbox_domains = a.example\nvirtual_transport = lmtp:unix:private/x", "", "smtp may", "lmtp none")]
    [InlineData("smtp_tls_security_level = may\nlmtp_tls_security_level = encrypt\nvirtual_mailbox_domains = a.example\nvirtual_transport = lmtp:unix:private/x", "", "smtp may", "lmtp encrypt")]
    [InlineData("smtp_use_tls = yes", "", "smtp may", "lmtp may")]
    [InlineData("smtp_enforce_tls = yes", "", "smtp verify", "lmtp verify")]
    [InlineData("", "x unix - - n - - smtp -o smtp_use_tls=yes\n", "smtp none", "x may")]
    [InlineData("", "x unix - - n - - smtp -o smtp_tls_security_level=encrypt\n", "smtp none", "x encrypt")]
    public void Mail_goes_over_TLS_as_it_did(string main, string services, params string[] levels)
    {
        Plan plan = Import("mydestination =\n" + main + "\n", Services + services);
        MainConfig config = MainConfig.FromText(TomlWriter.MainToml(plan, _root, ""));
        foreach (string[] level in levels.Select(static text => text.Split(' ')))
        {
            List<KeyValuePair<string, string>> own = [.. plan.Services.Where(service => service.Name == level[0]).SelectMany(static service => service.Options).Select(static option => KeyValuePair.Create(option.Name, option.Expanded))];
            Assert.Equal(level[1], PostfixNet.Smtp.TlsConfig.Read(config.With(level[0], own), level[0]) is { } policies ? PostfixNet.Smtp.TlsPolicy.WordFor(policies.Settings.SecurityLevel) : "none");
        }
    }

    [Theory]
    [InlineData("mydestination = a.example", "main.cf:1 master.cf local unix")]
    [InlineData("content_filter = nosuch:", "")]
    [InlineData("transport_maps = ldap:/etc/x.cf", "main.cf transport_maps")]
    [InlineData("transport_maps = ldap:/etc/x.cf, hash:/nowhere/at/all", "main.cf transport_maps")]
    [InlineData("smtp_header_checks = pcre:/x", "main.cf smtp_header_checks")]
    [InlineData("virtual_mailbox_domains = a.example", "main.cf virtual_mailbox_domains")]
    [InlineData("smtp_tls_security_level = dane", "")]
    [InlineData("smtp_tls_security_level = dane-only", "")]
    [InlineData("smtpd_sasl_auth_enable = yes", "main.cf smtpd_sasl_auth_enable")]
    [InlineData("postscreen_dnsbl_sites = x.example", "")]
    [InlineData("home_mailbox = Maildir/", "")]
    public void What_decides_about_mail_is_told(string main, string expected)
    {
        Plan plan = Import((main.StartsWith("mydestination", StringComparison.Ordinal) ? "" : "mydestination =\n") + main + "\n", Services);
        string lost = string.Join(' ', plan.Findings.Where(static finding => finding.Decides).Select(static finding => $"{finding.File} {finding.Subject}"));
        Assert.Equal(expected.Replace("main.cf:1 ", "", StringComparison.Ordinal), lost);
        Assert.All(plan.Findings.Where(static finding => finding.Decides), static finding => Assert.NotEmpty(finding.Remarks));
    }

    [Fact]
    public void Aliases_that_only_local_delivery_knows_are_told_one_by_one()
    {
        string aliases = Put("aliases", "root: a@b.example\nprog: \"|/bin/x secret\"\nmixed: a@b.example,\n  /var/file\nlist: :include:/x\n# end\n");
        Plan plan = Import($"mydestination = a.example\nalias_maps = hash:{aliases}\n", Services);
        Assert.Equal(["prog", "mixed", "list"], plan.Findings.Where(static finding => finding.File.EndsWith("/aliases", StringComparison.Ordinal)).Select(static finding => finding.Subject));
        Assert.Equal("root: a@b.example\nmixed: a@b.example\n# end\n", System.Text.Encoding.UTF8.GetString(plan.Files.Single().Content));
        Assert.Contains("alias_maps = \"hash:/new/aliases\"", TomlWriter.MainToml(plan, "/new", ""), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new Report(plan, "", "", "written").ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_for_a_transport_that_is_lost_waits()
    {
        string transport = Put("transport", "a.example  cmd:x\nb.example smtp:[c.example]\nc.example  nosuch:\n");
        Plan plan = Import($"transport_maps = hash:{transport}\nmydestination =\n", Services + "cmd unix - n n - - pipe argv=/bin/x\n");
        Assert.Equal("a.example retry:4.3.0 the transport cmd of Postfix is not there\nb.example smtp:[c.example]\nc.example retry:4.3.0 the transport nosuch of Postfix is not there\n",
            System.Text.Encoding.UTF8.GetString(plan.Files.Single().Content));
        Assert.Equal(["a.example", "cmd unix"], plan.Findings.Where(static finding => finding.Decides).Select(static finding => finding.Subject).Order());
    }

    [Fact]
    public void Secrets_are_in_no_report_and_their_files_for_their_owner_alone()
    {
        string passwords = Put("passwords", "[a.example] user:Hidden-1\n");
        FileSystem.ChangeMode(passwords, 0x180);
        string main = $"smtp_sasl_password_maps = hash:{passwords}, inline:{{ {{b.example = user:Hidden$$2}} }}\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_security_options =\nldapx_bind_pw = Hidden-3\nmydestination =\n";
        Put("main.cf", main);
        Put("master.cf", Services);
        ImportOptions options = new(_root, $"{_root}/new", null, AcceptsLosses: true, CopiesTables: true, IsDryRun: false, IsJson: true);
        Plan plan = Importer.Make(options, trial: false);
        Meanings.Settle(plan, options.Target);
        TargetDirectory.Write(plan, options.Target, options.Source);
        Report report = new(plan, _root, options.Target, "written");
        Assert.DoesNotContain("Hidden", report.ToText() + report.ToJson(), StringComparison.Ordinal);
        Assert.Equal(0x180, FileSystem.Status($"{options.Target}/main.toml")!.Value.Mode);
        Assert.Equal(0x180, FileSystem.Status($"{options.Target}/passwords")!.Value.Mode);
        Assert.Equal(0x1A4, FileSystem.Status($"{options.Target}/master.toml")!.Value.Mode);
        MainConfig config = MainConfig.Load(options.Target);
        Assert.Equal("user:Hidden-1", config.Get(Parameters.SmtpSaslPasswordMaps).Find("[a.example]"));
        Assert.Equal("user:Hidden$2", config.Get(Parameters.SmtpSaslPasswordMaps).Find("b.example"));
    }

    [Fact]
    public void Nothing_that_is_there_is_touched_and_no_link_followed()
    {
        string target = Directory.CreateDirectory($"{_root}/there").FullName;
        Assert.Null(TargetDirectory.Problem(target));
        File.CreateSymbolicLink($"{target}/master.toml", "/nowhere");
        Assert.Contains("is there already", TargetDirectory.Problem(target)!, StringComparison.Ordinal);
        File.CreateSymbolicLink($"{_root}/link", target);
        Assert.Contains("a link", TargetDirectory.Problem($"{_root}/link")!, StringComparison.Ordinal);
        Plan plan = Import("mydestination =\n", Services);
        Assert.ThrowsAny<IOException>(() => TargetDirectory.Write(plan, target, ""));
        Assert.False(File.Exists("/nowhere"));
        Assert.Equal(["master.toml"], Directory.GetFileSystemEntries(target).Select(Path.GetFileName));
    }

    [Fact]
    public void The_report_as_JSON_has_what_the_text_has()
    {
        Plan plan = Import("myhostname = \"a\"\nmydestination = x.example\n", Services);
        using JsonDocument json = JsonDocument.Parse(new Report(plan, "/etc/postfix", "/new", "not written").ToJson());
        Assert.Equal(plan.Findings.Count, json.RootElement.GetProperty("lines").GetArrayLength());
        Assert.Equal(1, json.RootElement.GetProperty("deciding").GetInt32());
        Assert.All(json.RootElement.GetProperty("lines").EnumerateArray(), static line => Assert.Contains(line.GetProperty("status").GetString(), (string[])["taken", "default", "lost"]));
    }

    [Theory]
    [InlineData("a = $b\nb = $a\n", "main.cf:1:1: a: names that stand for one another in a circle, or more than 100 deep")]
    [InlineData("compatibility_level = x\n", "main.cf:1:1: compatibility_level: \"x\" is no compatibility level")]
    public void What_Postfix_refuses_is_told_with_its_place(string main, string problem) =>
        Assert.EndsWith(problem, Assert.Throws<ConfigurationException>(() => Import(main, Services)).Problems[0], StringComparison.Ordinal);

    [Fact]
    public void Services_have_their_places_and_options()
    {
        Plan plan = Import("mydestination =\nown = permit_mynetworks, reject\n", Services + """
            smtp inet n - n - 30 smtpd
            127.0.0.1:10025 inet n - n - - smtpd -o smtpd_client_restrictions=$own -o { smtpd_banner = a $mail_name } -o header_checks=pcre:/x -o smtp_helo_name=x
            slow unix - - n - 1 smtp
            slow unix - - n - 2 smtp -o smtp_helo_name=$service_name.example

            """);
        string toml = TomlWriter.MasterToml(plan, "/x", "");
        foreach (string text in (string[])["[service.smtpd]\ntype = \"inet\"\nlisten = [\"smtp\"]\nprocess_limit = 30\n", "[service.smtpd-10025]\ntype = \"inet\"\nlisten = [\"127.0.0.1:10025\"]\n",
            "\"-o\", \"smtpd_client_restrictions=permit_mynetworks, reject\"", "\"-o\", \"smtpd_banner=a $mail_name\"", "[service.slow]\nprocess_limit = 2\ncommand = \"smtp\"\nargs = [\"-o\", \"smtp_helo_name=slow.example\"]"])
            Assert.Contains(text, toml, StringComparison.Ordinal);
        Assert.DoesNotContain("header_checks", toml, StringComparison.Ordinal);
        Assert.False(plan.Decides);
    }

    [Fact]
    public void The_server_behind_postscreen_takes_its_port_wherever_it_stands()
    {
        Plan plan = Import("mydestination =\n", Services + "smtpd pass - - n - - smtpd\nsmtp inet n - n - 1 postscreen\n");
        Assert.Contains("listen = [\"smtp\"]", TomlWriter.MasterToml(plan, "/x", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_waits_for_a_service_that_is_not_started()
    {
        Plan plan = Import("mydestination =\nsmtpd_recipient_restrictions = permit_mynetworks, check_policy_service unix:private/spf, reject_unauth_destination\n",
            Services + "spf unix - n n - 0 spawn user=x argv=/bin/x\nlater unix - - n - - error\n127.0.0.1:1025 inet n - n - - smtpd\n");
        Assert.Contains("smtpd_recipient_restrictions = [\"permit_mynetworks\", \"reject_unauth_destination\"]", TomlWriter.MainToml(plan, "/x", ""), StringComparison.Ordinal);
        Assert.Equal(["smtpd_recipient_restrictions", "spf unix"], plan.Findings.Where(static finding => finding.Decides).Select(static finding => finding.Subject).Order());
    }

    [Fact]
    public void Names_of_interfaces_become_their_addresses()
    {
        Plan plan = Import("mydestination =\ninet_interfaces = localhost.invalid, 127.0.0.1\n", Services);
        Assert.Equal("127.0.0.1", plan.Find("inet_interfaces")!.Expanded);
        Assert.Equal(["inet_interfaces"], plan.Findings.Where(static finding => finding.Decides).Select(static finding => finding.Subject));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private Plan Import(string main, string master)
    {
        Put("main.cf", main);
        Put("master.cf", master);
        Plan plan = Importer.Make(new ImportOptions(_root, $"{_root}/new", null, AcceptsLosses: false, CopiesTables: false, IsDryRun: true, IsJson: false), trial: false);
        Meanings.Settle(plan, $"{_root}/new");
        return plan;
    }

    private string Put(string name, string text)
    {
        string path = Path.Combine(_root, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static IEnumerable<string> Lines(Plan plan, Predicate<Finding> wanted) => plan.Findings.FindAll(wanted).OrderBy(static finding => finding.File).ThenBy(static finding => finding.Line)
        .Select(static finding => $"{finding.File}:{finding.Line} {finding.Fate.ToString().ToLowerInvariant()}");
}
