using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Debian's smtp-sink in all its bad moods, each at a domain of its own: what becomes of the mail.</summary>
public sealed class MisbehavingServers
{
    private const string Sent = @"dsn=2\.0\.0, status=sent \(250 2\.0\.0 Ok\)";
    private const string Said = @"host 127\.0\.0\.1\[127\.0\.0\.1\] said: ";
    private const string Refused = @"host 127\.0\.0\.1\[127\.0\.0\.1\] refused to talk to me: ";
    private const string Lost = @"dsn=4\.4\.2, status=deferred \(lost connection with 127\.0\.0\.1\[127\.0\.0\.1\] while ";

    // options, what the log says of the recipient
    private static readonly (string Options, string Want)[] s_moods =
    [
        ("", Sent),
        ("-p", Sent),
        ("-8", Sent),
        ("-e", Sent),
        ("-E", Sent),
        ("-N", Sent),
        ("-a -F -C", Sent),
        ("-P", Sent),
        ("-8 -e -N -E -p", Sent),
        ("-h other.example", Sent),
        ("-s mail", Sent),
        ("-S start", Sent),
        ("-w 1", Sent),
        ("-H 1", Sent),
        // A reply that is held back lets those to later commands pass.
        ("-p -W rcpt:1", Sent),
        ("-W rcpt:1", @"dsn=4\.5\.0, status=deferred \(replies of host 127\.0\.0\.1\[127\.0\.0\.1\] do not match the commands, "),
        ("-p -W .:1", Sent),
        ("-W .:1", @"dsn=4\.5\.0, status=deferred \(host 127\.0\.0\.1\[127\.0\.0\.1\] sent a reply that is none: 221 Bye "),
        ("-A 0", $@"dsn=5\.0\.0, status=bounced \({Said}550 This violates SMTP \(in reply to end of DATA command\)\)"),
        ("-L", @"dsn=2\.2\.0, status=sent \(250 2\.2\.0 Ok\)"),
        ("-L -r .", $@"dsn=4\.3\.0, status=deferred \({Said}450 4\.3\.0 Error: command failed \(in reply to end of DATA command\)\)"),
        ("-L -f rcpt", $@"dsn=5\.3\.0, status=bounced \({Said}500 5\.3\.0 Error: command failed \(in reply to RCPT TO command\)\)"),
        ("-L -q lhlo", $@"{Lost}performing the LHLO handshake\)"),
        ("-r connect", $@"dsn=4\.3\.0, status=deferred \({Refused}450 4\.3\.0 Error: command failed\)"),
        ("-r ehlo", Sent),
        ("-r ehlo,helo", $@"dsn=4\.3\.0, status=deferred \({Refused}450 4\.3\.0 Error: command failed\)"),
        ("-r mail", $@"dsn=4\.3\.0, status=deferred \({Said}450 4\.3\.0 Error: command failed \(in reply to MAIL FROM command\)\)"),
        ("-r rcpt", $@"dsn=4\.3\.0, status=deferred \({Said}450 4\.3\.0 Error: command failed \(in reply to RCPT TO command\)\)"),
        ("-r data", $@"dsn=4\.3\.0, status=deferred \({Said}450 4\.3\.0 Error: command failed \(in reply to DATA command\)\)"),
        ("-r .", $@"dsn=4\.3\.0, status=deferred \({Said}450 4\.3\.0 Error: command failed \(in reply to end of DATA command\)\)"),
        ("-r quit", Sent),
        ("-f connect", $@"dsn=4\.3\.0, status=deferred \({Refused}500 5\.3\.0 Error: command failed\)"),
        ("-f ehlo", Sent),
        ("-f ehlo,helo", $@"dsn=5\.3\.0, status=bounced \({Refused}500 5\.3\.0 Error: command failed\)"),
        ("-f mail", $@"dsn=5\.3\.0, status=bounced \({Said}500 5\.3\.0 Error: command failed \(in reply to MAIL FROM command\)\)"),
        ("-f rcpt", $@"dsn=5\.3\.0, status=bounced \({Said}500 5\.3\.0 Error: command failed \(in reply to RCPT TO command\)\)"),
        ("-f data", $@"dsn=5\.3\.0, status=bounced \({Said}500 5\.3\.0 Error: command failed \(in reply to DATA command\)\)"),
        ("-f .", $@"dsn=5\.3\.0, status=bounced \({Said}500 5\.3\.0 Error: command failed \(in reply to end of DATA command\)\)"),
        ("-f quit", Sent),
        ("-f rcpt -B '550_5.1.1_gone'", $@"dsn=5\.1\.1, status=bounced \({Said}550 5\.1\.1 gone \(in reply to RCPT TO command\)\)"),
        ("-r mail -b '421_4.3.2_later'", $@"dsn=4\.3\.2, status=deferred \({Said}421 4\.3\.2 later \(in reply to MAIL FROM command\)\)"),
        ("-q connect", $@"{Lost}receiving the initial server greeting\)"),
        ("-q ehlo", $@"{Lost}performing the EHLO handshake\)"),
        ("-p -q mail", $@"{Lost}sending MAIL FROM\)"),
        ("-p -q rcpt", $@"{Lost}sending RCPT TO\)"),
        ("-p -q data", $@"{Lost}sending DATA command\)"),
        ("-p -q .", $@"{Lost}sending end of data -- message may be sent more than once\)"),
        ("-q quit", Sent),
        ("-Q connect", $@"dsn=4\.\d\.\d, status=deferred \({Refused}421 "),
        ("-Q ehlo", $@"dsn=4\.\d\.\d, status=deferred \({Refused}421 "),
        ("-p -Q mail", $@"dsn=4\.\d\.\d, status=deferred \({Said}421 .* \(in reply to MAIL FROM command\)\)"),
        ("-p -Q rcpt", $@"dsn=4\.\d\.\d, status=deferred \({Said}421 .* \(in reply to RCPT TO command\)\)"),
        ("-p -Q data", $@"dsn=4\.\d\.\d, status=deferred \({Said}421 .* \(in reply to DATA command\)\)"),
        ("-p -Q .", $@"dsn=4\.\d\.\d, status=deferred \({Said}421 .* \(in reply to end of DATA command\)\)"),
        ("-Q quit", Sent),
    ];

    // S2-02, S2-03, S2-04, S2-05, S2-06
    [Fact]
    public void EachMoodHasItsOutcome()
    {
        List<SmtpSink> sinks = [];
        try
        {
            foreach ((string options, _) in s_moods)
                sinks.Add(new SmtpSink([.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('\'').Replace('_', ' '))]));
            MailSystem.Run(mail =>
            {
                StringBuilder routes = new("[transport_maps]\n");
                for (int i = 0; i < s_moods.Length; i++)
                    routes.Append($"\"m{i}.test\" = \"{(s_moods[i].Options.StartsWith("-L", StringComparison.Ordinal) ? "lmtp" : "smtp")}:[127.0.0.1]:{sinks[i].Port}\"\n");
                mail.AddTable(routes.ToString());
                // One attempt each; without a sender nothing comes back.
                mail.Set("minimal_backoff_time", "1000s");
                mail.Set("maximal_backoff_time", "1000s");
                mail.Start();
                mail.Submit(MailSystem.Message("moods"), ["-f", "", .. Enumerable.Range(0, s_moods.Length).Select(i => $"u@m{i}.test")]);
                List<string> wrong = [];
                for (int i = 0; i < s_moods.Length; i++)
                {
                    string line = mail.WaitForLog($@"to=<u@m{i}\.test>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:{sinks[i].Port}, .*status=");
                    if (!Regex.IsMatch(line, $", {s_moods[i].Want}"))
                        wrong.Add($"{s_moods[i].Options}: {line}");
                }
                Assert.True(wrong.Count == 0, string.Join("\n", wrong));
                Assert.Equal(s_moods.Length, mail.Log(@"to=<u@m\d+\.test>").Length);
                // What was refused or broken off was not taken; what was sent arrived once.
                for (int i = 0; i < s_moods.Length; i++)
                {
                    int wanted = s_moods[i].Want == Sent || s_moods[i].Options == "-L" ? 1 : 0;
                    int number = i;
                    if (!s_moods[i].Options.Contains(" .", StringComparison.Ordinal) && s_moods[i].Options != "-S start")
                        Wait.For($"mail at {s_moods[i].Options}", () => sinks[number].Messages().Count == wanted);
                }
            });
        }
        finally
        {
            foreach (SmtpSink sink in sinks)
                sink.Dispose();
        }
    }

    // S2-14, S4-09
    [Fact]
    public void TheTranscriptReachesThePostmaster()
    {
        using var sink = new SmtpSink("-f", "rcpt", "-B", "503 5.5.1 out of sequence");
        MailSystem.Run((mail, receiver) =>
        {
            mail.AddTable($"[transport_maps]\n\"odd.test\" = \"smtp:[127.0.0.1]:{sink.Port}\"\n");
            mail.Set("notify_classes", "protocol");
            mail.Set("error_notice_recipient", "boss@golden.test");
            mail.Start();
            mail.Submit(MailSystem.Message("odd"), "-f", "alice@origin.test", "u@odd.test");
            mail.WaitForEmptyQueue();
            ReceivedMessage notice = Assert.Single(receiver.Messages, message => message.Recipients[0].Address == "boss@golden.test");
            Assert.Equal("double-bounce@mta.golden.test", notice.Sender);
            Assert.Equal($"Postfix SMTP client: errors from 127.0.0.1[127.0.0.1]:{sink.Port}", notice.Header("Subject"));
            Assert.Contains(" Out: RCPT TO:<u@odd.test>", notice.Text);
            Assert.Contains(" In:  503 5.5.1 out of sequence", notice.Text);
            Assert.Contains(receiver.Messages, message => message.Sender.Length == 0 && message.Recipients[0].Address == "alice@origin.test");
        });
    }
}
