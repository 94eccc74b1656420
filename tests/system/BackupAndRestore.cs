using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>A queue is copied while it is at work, and the copy is put into another (S3-55).</summary>
public sealed class BackupAndRestore
{
    // S3-55
    [Fact]
    public void WhatWasNotDeliveredBeforeIsInTheBackupOnce() => MailSystem.Run((mail, receiver) =>
    {
        const int Before = 120;
        receiver.SetRules("rcpt later* 450 4.2.0 come back later", "rcpt no* 550 5.1.1 no such user", "dot * delay 0.02s");
        mail.Set("default_destination_concurrency_limit", 3);
        mail.Set("minimal_backoff_time", "1s");
        mail.Set("maximal_backoff_time", "1s");
        mail.Start();
        ConcurrentBag<int> accepted = [];
        using CancellationTokenSource end = new();
        Thread submission = new(() => Parallel.For(0, 100_000, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (i, loop) =>
        {
            if (end.IsCancellationRequested)
                loop.Stop();
            else if (mail.Sendmail(MailSystem.Message($"number {i}."), "-f", $"from{i}@origin.test", $"{(i % 3) switch { 0 => "yes", 1 => "later", _ => "no" }}{i}@dest.test", $"later{i}@dest.test").Status == 0)
                accepted.Add(i);
        }));
        submission.Start();
        Wait.For("some mail", () => accepted.Count >= Before, TimeSpan.FromSeconds(60));
        for (int round = 0; round < 5; round++)
        {
            int[] known = [.. accepted];
            string file = mail.PathOf($"backup{round}.tar{(round % 2 == 0 ? "" : ".gz")}");
            CommandResult made = mail.Postsuper(["backup", file]).Ok();
            Assert.DoesNotContain("warning", made.Error);
            Assert.Contains(": whole: ", MailSystem.Tool("postsuper", "verify", file).Ok().Error);
            // Everybody has a later recipient: all of it is still in the queue, and once in the archive.
            string[] subjects = Subjects(mail, file, round);
            Assert.Equal(subjects.Distinct().Count(), subjects.Length);
            Assert.Empty(known.Select(i => $"number {i}.").Except(subjects));
        }
        end.Cancel();
        submission.Join();
    });

    // Of notices the first subject is another. The peers are tar(1) and sha256sum(1), and Postfix's format of messages: lines of the content are records of their own.
    private static string[] Subjects(MailSystem mail, string file, int round)
    {
        string to = mail.PathOf($"out{round}");
        Directory.CreateDirectory(to);
        Command.Run("tar", ["-xf", file, "-C", to]).Ok();
        Command.Run("sh", ["-c", $"cd '{to}' && sha256sum --quiet -c SHA256SUMS"]).Ok();
        return [.. Directory.EnumerateFiles(to, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(Path.GetDirectoryName(path)) is "maildrop" or "incoming" or "active" or "deferred")
            .Select(path => Regex.Match(File.ReadAllText(path, System.Text.Encoding.Latin1), @"Subject: (number \d+\.)?").Groups[1].Value).Where(static subject => subject.Length > 0)];
    }

    // S3-55
    [Fact]
    public void ARestoredQueueGoesOnWhereTheOldOneWas() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt later* 450 4.2.0 come back later", "rcpt no* 550 5.1.1 no such user");
        mail.Set("minimal_backoff_time", "1000s");
        mail.Set("maximal_backoff_time", "1000s");
        mail.Start();
        for (int i = 0; i < 4; i++)
            mail.Submit(MailSystem.Message($"number {i}."), "-f", "alice@origin.test", $"yes{i}@dest.test", $"later{i}@dest.test");
        Wait.For("the first recipients", () => receiver.Messages.Count == 4 && mail.Ids("deferred").Length == 4 && mail.Ids("incoming", "active").Length == 0);
        string[] ids = mail.Ids("deferred");
        mail.Postsuper(["-h", ids[0]]).Ok();
        mail.Postsuper(["rule", "add", "flood", "hold", "--match", "sender=spam@origin.test"]).Ok();
        mail.Master("pause", "destination", "paused.test").Ok();
        DateTime due = MailSystem.ModifiedAt(mail.FileOf(ids[1], "deferred")!);
        string directory = mail.PathOf("backups");
        Directory.CreateDirectory(directory);
        mail.Postsuper(["backup", directory]).Ok();
        string file = Assert.Single(Directory.GetFiles(directory, "queue-*.tar.gz"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("is there already", mail.Postsuper(["backup", file]).Error);
        CommandResult running = mail.Postsuper(["restore", file]);
        Assert.Equal((1, true), (running.Status, running.Error.Contains("the mail system is running", StringComparison.Ordinal)));
        mail.Stop();
        Assert.Contains("There already: 4 messages", mail.Postsuper(["restore", file]).Ok().Error);

        using SmtpReceiver second = Ports.Receiver(null);
        MailSystem.Run(other =>
        {
            other.Set("relayhost", $"[127.0.0.1]:{second.Port}");
            Assert.Contains("Would be restored: 4 messages", other.Postsuper(["restore", file, "--dry-run"]).Ok().Error);
            Assert.Empty(other.QueueFiles("hold", "deferred", "defer"));
            Assert.Contains("Restored: 4 messages", other.Postsuper(["restore", file]).Ok().Error);
            Assert.Equal(ids[0], Assert.Single(other.Ids("hold")));
            Assert.Equal(due, MailSystem.ModifiedAt(other.FileOf(ids[1], "deferred")!), TimeSpan.FromMilliseconds(1));
            Assert.Equal(4, other.QueueFiles("defer").Count);
            Assert.Equal(File.ReadAllText(Path.Combine(mail.QueueDirectory, "rules", "standing")), File.ReadAllText(Path.Combine(other.QueueDirectory, "rules", "standing")));
            Assert.Equal(File.ReadAllText(Path.Combine(mail.QueueDirectory, "paused")), File.ReadAllText(Path.Combine(other.QueueDirectory, "paused")));
            other.Start();
            Assert.Contains("come back later", other.Postqueue("-p").Ok().Output);
            other.Postsuper(["-H", "ALL"]).Ok();
            other.Postqueue("-f").Ok();
            other.WaitForEmptyQueue();
            // Who got it before does not get it again.
            Assert.Equal(Enumerable.Range(0, 4).Select(i => $"later{i}@dest.test"), second.Messages.SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        });
        MailSystem.Run(other =>
        {
            Assert.Contains("Restored: 4 messages", other.Postsuper(["restore", "--hold", file]).Ok().Error);
            Assert.Equal(ids.Order(), other.Ids("hold").Order());
        });
    });

    [Fact]
    public void WhoMayNotMakeABackupMakesNoFile() => MailSystem.Run(mail =>
    {
        if (!MailSystem.IsRoot)
            return;
        foreach (string directory in (string[])[mail.Root, mail.ConfigDirectory, mail.QueueDirectory])
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        string open = mail.PathOf("open");
        Directory.CreateDirectory(open);
        File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        CommandResult told = Command.Run("setpriv", ["--reuid=65533", "--regid=65533", "--clear-groups", Repository.Program("postsuper"), "-c", mail.ConfigDirectory, "backup", $"{open}/x.tar"]);
        Assert.Equal((1, true), (told.Status, told.Error.Contains("reserved for the superuser", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFiles(open));
    });

    // What is in maildrop is restored as what its user dropped, not as what the queue's owner wrote.
    [Fact]
    public void DroppedMailIsRestoredAndHeldByItsMode() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        mail.Submit(MailSystem.Message("dropped"), "-f", "alice@origin.test", "bob@dest.test");
        string file = mail.PathOf("b.tar");
        mail.Postsuper(["backup", file]).Ok();
        string dropped = Assert.Single(mail.QueueFiles("maildrop"));
        foreach ((string[] options, int mode) in ((string[], int)[])[([], 0b111_100_000), (["--hold"], 0b110_100_000)])
        {
            File.Delete(dropped);
            mail.Postsuper(["restore", file, .. options]).Ok();
            Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(dropped));
        }
    });

    // S3-55: killed at any moment, a backup is told to be incomplete, and a restore is done again.
    [Fact]
    public void KilledInTheMiddleNothingIsTakenForWhole() => MailSystem.Run((mail, receiver) =>
    {
        const int Messages = 60;
        mail.Set("relayhost", "[127.0.0.1]:1");
        mail.Set("minimal_backoff_time", "1000s");
        mail.Set("maximal_backoff_time", "1000s");
        mail.Start();
        string body = string.Concat(Enumerable.Repeat(new string('x', 70) + "\n", 20_000));
        for (int i = 0; i < Messages; i++)
            mail.Submit(MailSystem.Message($"number {i}.", body), "-f", "alice@origin.test", $"user{i}@dest.test");
        Wait.For("all in deferred", () => mail.Ids("deferred").Length == Messages, TimeSpan.FromSeconds(60));
        mail.Stop();
        int killed = 0;
        for (int i = 0; i < 5; i++)
        {
            string partial = mail.PathOf($"partial{i}.tar");
            using Process process = Command.Start(Repository.Program("postsuper"), ["-c", mail.ConfigDirectory, "backup", partial]);
            long size = i * 10_000_000;
            Wait.For("a part of the archive", () => process.HasExited || (File.Exists(partial) && new FileInfo(partial).Length > size));
            if (!process.HasExited)
                RunningPrograms.Kill(process.Id);
            process.WaitForExit();
            CommandResult check = MailSystem.Tool("postsuper", "verify", partial);
            if (process.ExitCode == 0)
                continue;
            killed++;
            Assert.Equal(1, check.Status);
            Assert.Matches("incomplete|damaged|not a backup", check.Error);
            Assert.Equal(1, mail.Postsuper(["restore", partial]).Status);
        }
        Assert.InRange(killed, 1, 5);
        string file = mail.PathOf("whole.tar");
        mail.Postsuper(["backup", file]).Ok();
        string[] ids = mail.Ids("deferred");
        Directory.Delete(Path.Combine(mail.QueueDirectory, "deferred"), recursive: true);
        Directory.Delete(Path.Combine(mail.QueueDirectory, "defer"), recursive: true);
        killed = 0;
        for (int i = 0; i < 5; i++)
        {
            using Process process = Command.Start(Repository.Program("postsuper"), ["-c", mail.ConfigDirectory, "restore", file]);
            int count = 1 + i * 20;
            Wait.For("a part of the mail", () => process.HasExited || mail.QueueFiles("deferred").Count >= count);
            if (!process.HasExited)
                RunningPrograms.Kill(process.Id);
            process.WaitForExit();
            killed += process.ExitCode == 0 ? 0 : 1;
            // What has a name is whole.
            Assert.Subset(ids.ToHashSet(), mail.Ids("deferred").Where(static name => !name.EndsWith(".restored", StringComparison.Ordinal)).ToHashSet());
        }
        Assert.InRange(killed, 1, 5);
        mail.Postsuper(["restore", file]).Ok();
        Assert.Equal(ids.Order(), mail.Ids("deferred").Order());
        Assert.Equal(Messages, mail.QueueFiles("deferred").Count);
        Assert.Equal(Messages, mail.QueueFiles("defer").Count);
        mail.SetRaw("relayhost", $"\"[127.0.0.1]:{receiver.Port}\"");
        mail.Start();
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue(TimeSpan.FromSeconds(60));
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"number {i}.").Order(), receiver.Messages.Select(message => message.Header("Subject")!).Order());
    });
}
