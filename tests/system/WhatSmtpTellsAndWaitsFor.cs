using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Under strace: the delivery program tells a message and its login to nobody but the server, and waits for nothing
/// without end.</summary>
public sealed class WhatSmtpTellsAndWaitsFor
{
    private const string Content = "for-the-servers-eyes-only", Password = "never-in-any-log";

    private static readonly string s_login = Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0alice\0{Password}"));

    [Fact]
    public void TheMessageGoesToTheServerAloneAndEveryWaitHasItsLimit()
    {
        using var dns = new NameServer(("far.test", "@ IN MX 10 down\n@ IN MX 20 mx\ndown IN A 127.0.0.36\nmx IN A 127.0.0.32"));
        int port = Ports.Take("127.0.0.32", "127.0.0.36");
        using var receiver = new SmtpReceiver(new ReceiverOptions
        {
            Listen = new IPEndPoint(IPAddress.Parse("127.0.0.32"), port),
            Keywords = ["PIPELINING", "8BITMIME", "DSN", "AUTH PLAIN"],
        });
        receiver.SetRules("rcpt no@far.test 550 5.1.1 no such user", "rcpt later@far.test 450 4.2.0 later");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", "");
            mail.Set("disable_dns_lookups", false);
            mail.SetRaw("dns_nameservers", dns.Toml);
            mail.Set("smtp_tcp_port", $"{port}");
            mail.Set("smtp_sasl_auth_enable", true);
            mail.Set("smtp_sasl_security_options", "noanonymous");
            mail.AddTable($"[smtp_sasl_password_maps]\n\"far.test\" = \"alice:{Password}\"");
            SystemCalls.Trace(mail, "smtp");
            mail.Start();
            mail.Submit(MailSystem.Message("secret", $"{Content} \u00e9\n"), "-f", "", "yes@far.test", "no@far.test", "later@far.test");
            mail.WaitForLog(@"to=<yes@far\.test>, .*status=sent");
            mail.WaitForLog(@"to=<no@far\.test>, .*status=bounced");
            mail.WaitForLog(@"to=<later@far\.test>, .*status=deferred");
            mail.Stop();
            IReadOnlyList<SystemCall> calls = SystemCalls.Read(mail);
            string server = $"->127.0.0.32:{port}]>";
            foreach (string secret in (string[])[Content, s_login])
                Assert.Contains(calls, call => IsTold(call, secret) && call.Arguments.Contains(server, StringComparison.Ordinal));
            Assert.All(calls.Where(call => IsTold(call, Content) || IsTold(call, Password) || IsTold(call, s_login)), call => Assert.Matches($@"^\d+<TCP:\[[^\]]*{Regex.Escape(server)}", call.Arguments));
            Assert.DoesNotContain(calls, call => call.Name is "sendfile" or "splice" or "vmsplice" or "tee" or "copy_file_range" or "io_uring_setup");
            Assert.Empty(calls.Where(call => call.IsMainThread && WaitsWithoutEnd(call)).Select(call => $"{call.Name}({call.Arguments}"));
            // The check above has seen the program at work.
            SystemCall[] waits = calls.Where(call => call is { IsMainThread: true, Name: "poll" }).ToArray();
            Assert.Contains(waits, call => call.Arguments.Contains(server, StringComparison.Ordinal));
            Assert.Contains(waits, call => call.Arguments.Contains("UDP:", StringComparison.Ordinal));
            Assert.Contains(waits, call => IsWaitForRequest(call.Arguments));
        });
    }

    // Whatever writes: the secret is among the octets.
    private static bool IsTold(SystemCall call, string secret) =>
        call.Name is not ("read" or "recvfrom" or "recvmsg" or "recvmmsg") && call.Arguments.Contains(secret, StringComparison.Ordinal);

    // The main thread does all the work; the runtime's threads wait for signals and the like.
    // Without end is: to wait for several things with no time limit, to sleep or lock likewise, or any call on a socket
    // that blocks. Allowed is the wait for the next request: of the queue manager's channel together with the line to
    // master, which tells when to end.
    private static bool WaitsWithoutEnd(SystemCall call)
    {
        string a = call.Arguments;
        return call.Name switch
        {
            "poll" => Regex.IsMatch(a, @", \d+, -1\)") && !IsWaitForRequest(a),
            "ppoll" => Regex.IsMatch(a, @"\], \d+, NULL,"),
            "epoll_wait" or "epoll_pwait" => Regex.IsMatch(a, @", -1(, [^)]*)?\)"),
            "select" or "pselect6" or "epoll_pwait2" => a.Contains(", NULL)", StringComparison.Ordinal),
            "flock" => !a.Contains("LOCK_NB", StringComparison.Ordinal) && !a.Contains("LOCK_UN", StringComparison.Ordinal),
            "fcntl" => a.Contains("F_SETLKW", StringComparison.Ordinal) || a.Contains("F_OFD_SETLKW", StringComparison.Ordinal),
            "socket" or "socketpair" or "accept4" => !a.Contains("SOCK_NONBLOCK", StringComparison.Ordinal),
            "accept" => true,
            _ => false,
        };
    }

    private static bool IsWaitForRequest(string arguments) =>
        Regex.IsMatch(arguments, @"^\[\{fd=\d+<UNIX[^}]*private/smtp[^}]*events=POLLIN\}, \{fd=3<[^}]*events=POLLIN\}\], 2, -1\)");
}
