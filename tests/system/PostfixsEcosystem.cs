using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Programs that were written for Postfix read our log and queue, and read them right. They get the log lines and files of a system that delivered one
/// message, deferred two, returned one, and turned a client away.</summary>
public sealed class PostfixsEcosystem
{
    private static void Run(Action<MailSystem> look) => MailSystem.Run((mail, _) =>
    {
        int port = mail.Serve();
        mail.Set("mynetworks", "192.0.2.1");
        mail.Set("smtpd_relay_restrictions", "permit_mynetworks, reject_unauth_destination");
        mail.Set("minimal_backoff_time", "1000s");
        mail.Set("maximal_backoff_time", "2000s");
        mail.AddTable("[transport_maps]\n\"dead.test\" = \"relay:[127.0.0.1]:1\"\n\"gone.test\" = \"error:5.1.2 no such place\"");
        mail.Start();
        mail.Submit(MailSystem.Message("delivered"), "-f", "alice@origin.test", "bob@sink.test");
        mail.Submit(MailSystem.Message("deferred"), "-f", "alice@origin.test", "one@dead.test");
        mail.Submit(MailSystem.Message("deferred"), "-f", "alice@origin.test", "two@dead.test");
        mail.Submit(MailSystem.Message("returned"), "-f", "alice@origin.test", "carol@gone.test");
        using (TcpClient client = new("127.0.0.1", port))
        {
            using StreamReader replies = new(client.GetStream(), Encoding.ASCII);
            foreach (string line in (string[])["", "EHLO a.test", "MAIL FROM:<x@a.test>", "RCPT TO:<y@b.test>", "QUIT"])
            {
                if (line.Length > 0)
                    client.GetStream().Write(Encoding.ASCII.GetBytes(line + "\r\n"));
                while (replies.ReadLine() is { } reply && reply.Length > 3 && reply[3] == '-')
                {
                }
            }
        }
        mail.WaitForLog("NOQUEUE: reject: RCPT from");
        Wait.For("the queue to come to rest", () => mail.Ids("deferred").Length == 2 && mail.Ids("incoming", "active", "maildrop").Length == 0
            && mail.Log("status=sent").Length == 2 && mail.Log("status=bounced").Length == 1 && mail.Log("disconnect from").Length == 1);
        look(mail);
    });

    [Fact]
    public void Qshape_of_Debian_finds_the_queue_by_our_postconf() => Run(mail =>
    {
        CommandResult shape = Command.Run("sh", ["-c", "PATH=\"$1:$PATH\" MAIL_CONFIG=$2 exec qshape deferred", "sh", Path.GetDirectoryName(Repository.Program("postconf"))!, mail.ConfigDirectory]).Ok();
        Assert.Matches(@"\n +TOTAL +2 +2 .*\n +dead\.test +2 +2 ", shape.Output);
    });

    [Fact]
    public void Pflogsumm_counts_right() => Run(mail =>
    {
        string summary = Command.Run("pflogsumm", [mail.LogPath]).Ok().Output;
        foreach ((int count, string what) in ((int, string)[])[(2, "delivered"), (2, "deferred"), (1, "bounced"), (1, "rejected")])
            Assert.Matches($@"\n +{count} +{what}\b", summary);
    });

    [Fact]
    public void Fail2ban_sees_who_was_turned_away() => Run(mail =>
    {
        string found = Command.Run("fail2ban-regex", ["--print-all-matched", mail.LogPath, "/etc/fail2ban/filter.d/postfix.conf"]).Ok().Output;
        Assert.Matches(@"Failregex: 1 total", found);
        Assert.Contains("NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 554 5.7.1 <y@b.test>: Relay access denied", found);
        Assert.Contains(", 1 matched,", found);
    });

    [Fact]
    public void Logwatch_understands_every_line() => Run(mail =>
    {
        CommandResult report = Command.Run("sh", ["-c", "exec perl -I/usr/share/perl5 /usr/share/logwatch/scripts/services/postfix < \"$1\"", "sh", mail.LogPath], null,
            ("postfix_Enable_Long_Queue_Ids", "1"), ("LOGWATCH_DETAIL_LEVEL", "10"), ("LOGWATCH_DATE_RANGE", "all"));
        Assert.Matches(@"\n +2 +Deferred|\n +2 +.*[Dd]eferr", report.Ok().Output);
        string[] unknown = [.. Regex.Replace(report.Output, @"\A(.|\n)*?(\*\*Unmatched Entries\*\*|\Z)", "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        Assert.Empty(unknown);
    });

    [Fact]
    public void Check_mailq_counts_with_our_mailq() => Run(mail =>
    {
        // The plugin has the path of the system's mailq built in.
        string plugin = mail.PathOf("check_mailq");
        string mailq = Repository.Program("mailq");
        File.WriteAllText(plugin, Regex.Replace(File.ReadAllText(Command.Find("/usr/lib/nagios/plugins/check_mailq")), "(?m)^use utils.*;\n", $"$0$$utils::PATH_TO_MAILQ = '{mailq}';\n"));
        CommandResult result = Command.Run("perl", ["-I/usr/lib/nagios/plugins", plugin, "-M", "postfix", "-w", "2", "-c", "5"], null, ("MAIL_CONFIG", mail.ConfigDirectory));
        Assert.Equal((1, true), (result.Status, result.Output.StartsWith("WARNING: postfix mailq is 2 (threshold w = 2)", StringComparison.Ordinal)));
    });

    [Fact]
    public void The_exporter_for_Prometheus_counts_queue_and_log() => Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        string metrics = Command.Run("sh", ["-c", """
            prometheus-postfix-exporter --web.listen-address=127.0.0.1:$1 --postfix.showq_path="$2" --postfix.logfile_path="$3" >/dev/null 2>&1 &
            exporter=$!
            trap 'kill $exporter' EXIT
            for i in 1 2 3 4 5 6 7 8 9 10; do
                curl -sf -m 20 http://127.0.0.1:$1/metrics && exit 0
                sleep 0.3
            done
            exit 1
            """, "sh", $"{port}", Path.Combine(mail.QueueDirectory, "public", "showq"), mail.LogPath]).Ok().Output;
        Assert.Contains("postfix_up{path=", metrics);
        Assert.Matches(@"\npostfix_up\{[^}]*\} 1\n", metrics);
        Assert.Matches(@"\npostfix_showq_message_age_seconds_count\{queue=""deferred""\} 2\n", metrics);
    });
}
