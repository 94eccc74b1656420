using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Each system call that a message needs on its way into the queue fails once, or is the last one of its process: the client is told to come
/// again, or has the message's queue id and the message is whole. By strace's faults, for cleanup, which alone writes mail that comes by SMTP.</summary>
public sealed partial class EveryStepMayFail
{
    private static readonly string s_body = string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 400)) + "end of the message";

    // What a message of 30 kB costs there; strace counts those from its own start on.
    private static readonly (string Call, int Times)[] s_steps =
        [("openat", 2), ("fchmod", 2), ("renameat2", 1), ("pwrite64", 4), ("fsync", 2), ("statfs", 1)];

    [Theory]
    [InlineData("error=ENOSPC")]
    [InlineData("error=EDQUOT")]
    [InlineData("error=EIO")]
    [InlineData("error=EMFILE")]
    [InlineData("signal=KILL")]
    public void ByTheFaultOfCleanup(string fault) => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot)
            return; // others may not trace a process that is not their child's, in many places
        int port = mail.Serve();
        mail.Set("service_throttle_time", "1s");
        mail.Start();
        using SmtpDialogue client = new(port);
        client.Say("EHLO client.test");
        Assert.StartsWith("250 ", client.Send("Subject: first\r\n\r\n"), StringComparison.Ordinal);
        mail.Master("pause").Ok();
        List<string> taken = ["first"], refused = [];
        bool isKill = fault.StartsWith("signal", StringComparison.Ordinal);
        (string, int)[] steps = isKill ? [.. s_steps, ("sendto", 3)] : s_steps;
        foreach ((string call, int times) in steps)
        {
            for (int when = 1; when <= times; when++)
            {
                string subject = $"{call} {when}";
                // One cleanup, at rest, which the client's smtpd is not connected to.
                client.Say("RSET");
                Wait.For("a cleanup", () => mail.Pids("cleanup").Length > 0 || client.Send("Subject: makes one\r\n\r\n").Length == 0);
                string answer = UnderFault(mail, $"inject={call}:{fault}:when={when}", () => client.Send($"Subject: {subject}\r\n\r\n{s_body}"));
                (answer.StartsWith("250 ", StringComparison.Ordinal) ? taken : refused).Add(subject);
                if (!answer.StartsWith("250 ", StringComparison.Ordinal))
                    Assert.Matches("^4[0-9][0-9] 4\\.", answer);
            }
        }
        // Faults that nothing depends on are overcome; all others were told.
        Assert.InRange(refused.Count, isKill ? 8 : 5, 20);
        client.Say("RSET");
        Assert.StartsWith("250 ", client.Send("Subject: last\r\n\r\n"), StringComparison.Ordinal);
        taken.Add("last");
        mail.Master("resume").Ok();
        // What a killed process began is left, and is no mail.
        Wait.For("what was taken", () => mail.Ids("incoming", "active", "deferred").Length == 0 && (isKill || mail.QueueFiles("incoming", "active", "deferred").Count == 0));
        string[] came = [.. receiver.Messages.Select(message => Subject().Match(message.Text).Groups[1].Value).Where(static s => s != "makes one")];
        Assert.All(taken, subject => Assert.Single(came, subject));
        // A reply that was not sent does not undo what is in the queue: the client sends it again. But without a kill nobody has what was refused.
        string[] twice = [.. came.Except(taken)];
        Assert.Equal(isKill ? twice.Intersect(refused) : [], twice);
        Assert.All(receiver.Messages.Where(message => s_steps.Any(step => message.Text.Contains($"Subject: {step.Call} ", StringComparison.Ordinal))),
            message => Assert.EndsWith("end of the message\r\n", message.Text, StringComparison.Ordinal));
    });

    private static string UnderFault(MailSystem mail, string inject, Func<string> send)
    {
        List<Process> tracers = [.. mail.Pids("cleanup").Select(pid => Command.Start("strace",
            ["-f", "-e", $"trace={inject.Split('=', ':')[1]}", "-e", inject, "-o", "/dev/null", "-p", pid.ToString(CultureInfo.InvariantCulture)]))];
        try
        {
            foreach (Process tracer in tracers)
                Assert.Contains("attached", tracer.StandardError.ReadLine(), StringComparison.Ordinal);
            return send();
        }
        finally
        {
            foreach (Process tracer in tracers)
            {
                tracer.Kill();
                tracer.WaitForExit();
                tracer.Dispose();
            }
        }
    }

    [GeneratedRegex("^Subject: ([^\r\n]*)", RegexOptions.Multiline)]
    private static partial Regex Subject();
}
