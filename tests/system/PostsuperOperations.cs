using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>What an operator does to queued messages, and what postsuper says about it.</summary>
public sealed class PostsuperOperations
{
    // S1-45, S3-54
    [Fact]
    public void HoldReleaseDeleteAndRequeueDeferredMail() => WithDeferred(3, (mail, receiver, ids) =>
    {
        // hold: the file keeps its time, and its reason stays listed
        DateTime due = MailSystem.ModifiedAt(mail.FileOf(ids[0], "deferred")!);
        AssertSays(mail.Postsuper(["-h", ids[0]]), $"postsuper: {ids[0]}: placed on hold", "postsuper: Placed on hold: 1 message");
        Assert.Equal(due, MailSystem.ModifiedAt(mail.FileOf(ids[0], "hold")!));
        Assert.Matches($@"(?m)^{ids[0]}!", mail.Postqueue("-p").Ok().Output);
        AssertSays(mail.Postsuper(["-h", ids[0]]), "postsuper: Placed on hold: 0 messages");

        // a held message is left alone by a flush, the others are delivered
        receiver.SetRules();
        mail.Postqueue("-f").Ok();
        Wait.For("the messages that are not held", () => receiver.Messages.Count == 2);
        Assert.Equal(ids[0], Assert.Single(mail.Ids("hold")));

        // release
        AssertSays(mail.Postsuper(["-H", ids[0]]), $"postsuper: {ids[0]}: released from hold", "postsuper: Released from hold: 1 message");
        AssertSays(mail.Postsuper(["-H", ids[0]]), "postsuper: Released from hold: 0 messages");
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(3, receiver.Messages.Count);
    });

    // S1-33, S3-11, S3-54
    [Fact]
    public void DeletedMailIsGoneWithItsLogs() => WithDeferred(3, (mail, receiver, ids) =>
    {
        AssertSays(mail.Postsuper(["-d", ids[0]]), $"postsuper: {ids[0]}: removed", "postsuper: Deleted: 1 message");
        Assert.Null(mail.FileOf(ids[0], "deferred", "defer"));
        AssertSays(mail.Postsuper(["-d", "-"], $"{ids[1]}\n{ids[0]}\n"), $"postsuper: {ids[1]}: removed", "postsuper: Deleted: 1 message");
        AssertSays(mail.Postsuper(["-d", "bad/id"]), "postsuper: warning: invalid mail queue id: bad/id", "postsuper: Deleted: 0 messages");
        AssertSays(mail.Postsuper(["-d", "ALL"]), "postsuper: Deleted: 1 message");
        Assert.Empty(mail.QueueFiles("deferred", "defer"));
        Assert.Equal("Mail queue is empty\n", mail.Postqueue("-p").Ok().Output);
        Assert.Empty(receiver.Messages);
    });

    [Fact]
    public void RequeuedMailGetsANewIdAndGoesThroughCleanupAgain() => WithDeferred(2, (mail, receiver, ids) =>
    {
        receiver.SetRules();
        AssertSays(mail.Postsuper(["-r", ids[0], "-r", ids[1]]),
            $"postsuper: {ids[0]}: requeued", $"postsuper: {ids[1]}: requeued", "postsuper: Requeued: 2 messages");
        mail.Master("flush"); // does not wake pickup; its own timer does
        string line = mail.WaitForLog($@"/pickup\[\d+\]: \w+: uid=\d+ from=<alice@origin\.test> orig_id={ids[0]}$", TimeSpan.FromSeconds(70));
        Assert.DoesNotMatch($"]: {ids[0]}: ", line);
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
        Assert.All(receiver.Messages, message => Assert.Equal(2, Regex.Count(message.Text, @"(?m)^Received: by mta\.golden\.test")));
    }, mail =>
    {
        string master = Path.Combine(mail.ConfigDirectory, "master.toml");
        string text = File.ReadAllText(master);
        // a minute is what operators are used to, and too long for a test
        File.WriteAllText(master, Regex.Replace(text, @"(?ms)(^\[service\.pickup\].*?^wakeup = )[^\n]*", "${1}\"1s\""));
    });

    [Fact]
    public void HeldMailStaysHeldOverARestartAndAllReleasesIt() => WithDeferred(2, (mail, receiver, ids) =>
    {
        receiver.SetRules();
        AssertSays(mail.Postsuper(["-h", "ALL"]), "postsuper: Placed on hold: 2 messages");
        mail.Stop();
        mail.Start();
        Assert.Equal(ids.Order(), mail.Ids("hold").Order());
        AssertSays(mail.Postsuper(["-H", "ALL"]), "postsuper: Released from hold: 2 messages");
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
    });

    [Fact]
    public void StructureCheckPutsFilesWhereTheyBelong() => WithDeferred(1, (mail, receiver, ids) =>
    {
        mail.Stop();
        string path = mail.FileOf(ids[0], "deferred")!;
        // as after a restore from backup: another inode, the wrong directory
        string copy = Path.Combine(mail.QueueDirectory, "deferred", "COPY");
        File.Copy(path, copy);
        mail.Give(copy);
        File.Delete(path);
        File.Move(copy, Path.Combine(mail.QueueDirectory, "deferred", ids[0]));
        File.WriteAllText(Path.Combine(mail.QueueDirectory, "incoming", "12345.999"), "");
        CommandResult fix = mail.Postsuper(["-s"]).Ok();
        Assert.Contains("postsuper: Renamed to match inode number: 1 message", fix.Error);
        Assert.Contains("postsuper: warning: QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS", fix.Error);
        Assert.Contains("postsuper: warning: bogus file name: incoming/12345.999", fix.Error);
        string id = Assert.Single(mail.Ids("deferred"));
        Assert.NotEqual(ids[0], id);
        Assert.NotEqual("deferred", Path.GetFileName(Path.GetDirectoryName(mail.FileOf(id, "deferred"))));
        CommandResult again = mail.Postsuper(["-s"]).Ok();
        Assert.DoesNotContain("Renamed", again.Error);
        receiver.SetRules();
        mail.Start();
        mail.Postqueue("-f").Ok();
        Wait.For("the message under its new name", () => receiver.Messages.Count == 1);
    });

    // docs/durability.md: after a loss of power deleted mail does not come back, and held mail is held.
    [Fact]
    public void WhatIsSaidToBeDoneIsOnStableStorage() => WithDeferred(2, (mail, receiver, ids) =>
    {
        (string Option, string Said, string[] Flushed)[] actions =
        [
            ("-h", "Placed on hold: 1 message", [@"fsync\(\d+<[^>]*/hold>", @"fsync\(\d+<[^>]*/deferred/.>"]),
            ("-H", "Released from hold: 1 message", [@"fsync\(\d+<[^>]*/hold>", @"fsync\(\d+<[^>]*/deferred/.>"]),
            ("-e", "Force-expired: 1 message", [@"syncfs\(\d+<"]),
            ("-r", "Requeued: 1 message", [@"syncfs\(\d+<"]),
        ];
        foreach ((string option, string said, string[] flushed) in actions)
            Check(option, ids[0], said, flushed);
        Check("-d", ids[1], "Deleted: 1 message", [@"fsync\(\d+<[^>]*/deferred/.>", @"fsync\(\d+<[^>]*/defer/.>"]);

        void Check(string option, string id, string said, string[] flushed)
        {
            string calls = mail.PathOf("calls.1");
            Command.Run("strace", ["-f", "-qq", "-yy", "-s", "200", "-e", "trace=fsync,syncfs,write", "-o", calls,
                Repository.Program("postsuper"), "-c", mail.ConfigDirectory, option, id]).Ok();
            SystemCall[] done = [.. SystemCalls.Read(mail)];
            File.Delete(calls);
            int told = Array.FindIndex(done, call => call.Name == "write" && call.Arguments.Contains(said, StringComparison.Ordinal));
            Assert.True(told >= 0, said);
            foreach (string pattern in flushed)
                Assert.InRange(Array.FindIndex(done, call => Regex.IsMatch($"{call.Name}({call.Arguments}", $@"^{pattern}.*\) += 0")), 0, told - 1);
        }
    });

    // B26: an administrator's chmod -R on the queue.
    [Theory]
    [InlineData("755")]
    [InlineData("g+rX")]
    [InlineData("u-x")]
    public void ChangedModesOfAllFilesReturnNoMailAndHideNone(string mode) => WithDeferred(3, (mail, receiver, ids) =>
    {
        mail.Stop();
        foreach (string id in ids)
            Command.Run("chmod", [mode, mail.FileOf(id, "deferred")!]).Ok();
        mail.Start();
        Wait.For("the modes to be put right", () => ids.All(id => mail.FileOf(id, "deferred", "active", "incoming") is { } path && File.GetUnixFileMode(path) == (UnixFileMode)0b111_000_000));
        Assert.Equal(3, mail.Postqueue("-j").Ok().Lines.Length);
        receiver.SetRules();
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(3, receiver.Messages.Count);
        Assert.Empty(mail.Log("expired|notification"));
    });

    // S1-32, S1-33: what becomes of a message that is taken away while the server thinks about it.
    [Theory]
    [InlineData("-d", "450 4.2.0 later", 0)]
    [InlineData("-d", "550 5.1.1 no such user", 0)]
    [InlineData("-h", "450 4.2.0 later", 0)]
    [InlineData("-h", "550 5.1.1 no such user", 0)]
    [InlineData("-r", "550 5.1.1 no such user", 1)] // told at least once, see below
    public void MailThatIsTakenAwayDuringItsDeliveryIsNotReturned(string option, string reply, int told) => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bob@* delay 4s", $"rcpt bob@* {reply}");
        mail.Set("maximal_queue_lifetime", "0s");
        mail.Start();
        mail.Submit(MailSystem.Message("taken away"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the delivery", () => mail.Ids("active").Length == 1);
        string id = mail.Ids("active")[0];
        Wait.For("an agent to have it", () =>
        {
            using SafeFileHandle file = FileSystem.Open(mail.FileOf(id, "active")!);
            return FileSystem.IsLockedByAnother(file);
        });
        Assert.Equal(0, mail.Postsuper([option, id]).Status);
        string said = mail.WaitForLog($@"{id}: to=<bob@sink\.test>, .*status=");
        mail.WaitForLog($"{id}: gone before it was");
        if (told == 0)
        {
            Assert.Equal(option == "-h" ? [id] : [], mail.Ids("hold", "incoming", "active", "deferred"));
            Assert.Empty(mail.Log("non-delivery notification"));
            Assert.Empty(receiver.Messages);
            if (option == "-d")
                Assert.Empty(mail.QueueFiles("bounce", "defer"));
            if (option == "-h" && said.Contains("bounced", StringComparison.Ordinal))
            {
                // Its notice was waiting for it.
                mail.Postsuper(["-H", id]).Ok();
                mail.WaitForLog($"{id}: sender non-delivery notification");
                mail.WaitForEmptyQueue();
            }
            return;
        }
        // Requeued, it comes back without him who failed meanwhile, or fails once more.
        mail.WaitForLog("sender non-delivery notification");
    });

    [Theory]
    [InlineData("-x")]
    [InlineData("-d")]
    public void WrongUsageIsAnsweredWithTheUsage(string argument) => MailSystem.Run(mail =>
    {
        CommandResult result = mail.Postsuper([argument]);
        Assert.NotEqual(0, result.Status);
        Assert.Contains("usage: postsuper", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    });

    private static void AssertSays(CommandResult result, params string[] lines)
    {
        Assert.Equal(0, result.Status);
        Assert.Equal("", result.Output);
        Assert.Equal(lines, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void WithDeferred(int count, Action<MailSystem, SmtpReceiver, string[]> scenario, Action<MailSystem>? prepare = null) =>
        MailSystem.Run((mail, receiver) =>
        {
            receiver.SetRules("rcpt * 450 4.2.0 not now");
            mail.Set("minimal_backoff_time", "1000s");
            mail.Set("maximal_backoff_time", "1000s");
            prepare?.Invoke(mail);
            mail.Start();
            for (int i = 0; i < count; i++)
                mail.Submit(MailSystem.Message($"deferred {i}"), "-f", "alice@origin.test", $"user{i}@dest.test");
            Wait.For("all messages in deferred", () => mail.Ids("deferred").Length == count && mail.Ids("maildrop", "incoming", "active").Length == 0);
            scenario(mail, receiver, mail.Ids("deferred"));
        });
}
