using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>A queue directory left by real Postfix is taken over as it is.</summary>
public sealed class PostfixVectorsAreDelivered
{
    [Fact]
    public void MaildropOfPostfixIsDelivered() => MailSystem.Run((mail, receiver) =>
    {
        StartOnce(mail);
        VectorCase[] cases = VectorCase.All().Where(one => File.Exists(Repository.Vector(one.Name + ".maildrop"))).ToArray();
        Assert.True(cases.Length >= 30);
        int number = 0;
        foreach (VectorCase one in cases)
            mail.Place($"maildrop/A{number++:X4}B2A79", File.ReadAllBytes(Repository.Vector(one.Name + ".maildrop")), 0b111_100_100);
        mail.Start();
        mail.WaitForEmptyQueue();
        AssertDelivered(receiver, cases.Select(one => (one.Name, one.Golden)));
    });

    [Fact]
    public void DeferredQueueOfPostfixIsDelivered() => MailSystem.Run((mail, receiver) =>
    {
        StartOnce(mail);
        string[] files = Directory.GetFiles(Path.GetDirectoryName(Repository.Vector("x"))!, "*.deferred").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length >= 8);
        // Long due, as after a move to another machine; names as Postfix gave them where known, else of its short form.
        var vectors = new List<(string, QueueFileRecords)>();
        int number = 0;
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            string id = name.StartsWith("long-queue-id-", StringComparison.Ordinal) ? name[14..] : $"{++number:X5}B2A7B8";
            string hash = id.Length > 12 ? "9" : id[..1];
            string path = mail.Place($"deferred/{hash}/{id}", File.ReadAllBytes(file));
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
            if (File.Exists(Repository.Vector(name + ".deferlog")))
                mail.Place($"defer/{hash}/{id}", File.ReadAllBytes(Repository.Vector(name + ".deferlog")), 0b110_000_000);
            vectors.Add((name, QueueFileRecords.Read(file)));
        }
        // They are of a date of their own; a lifetime in days would expire them should anything go wrong.
        mail.Set("maximal_queue_lifetime", "10000d");
        mail.Set("bounce_queue_lifetime", "10000d");
        mail.Start();
        mail.WaitForEmptyQueue();
        AssertDelivered(receiver, vectors);
        Assert.Empty(mail.QueueFiles("corrupt", "bounce", "defer", "trace"));
    });

    // S5-11, S5-29
    [Fact]
    public void MessageInProgressIsTakenUpWhereItWasLeft() => MailSystem.Run((mail, receiver) =>
    {
        StartOnce(mail);
        QueueFileRecords records = QueueFileRecords.Read(Repository.Vector("partly-done.active"));
        Assert.NotEmpty(records.Recipients);
        Assert.NotEmpty(records.Done);
        mail.Place("active/1BC7BB2A7B8", File.ReadAllBytes(Repository.Vector("partly-done.active")));
        mail.Place("bounce/1BC7BB2A7B8", File.ReadAllBytes(Repository.Vector("partly-done.bouncelog")), 0b110_000_000);
        mail.Place("trace/1BC7BB2A7B8", File.ReadAllBytes(Repository.Vector("partly-done.tracelog")), 0b110_000_000);
        string logged = File.ReadLines(Repository.Vector("partly-done.bouncelog")).First(line => line.StartsWith("recipient=", StringComparison.Ordinal))[10..];
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.Equal(records.Recipients.Order(),
            receiver.Messages.Where(message => message.Sender == records.Sender).SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        // What Postfix had found out before is not forgotten: the sender hears of it.
        Assert.Contains(receiver.Messages, message => message.Sender.Length == 0
            && message.Text.Contains("rfc822; " + logged, StringComparison.Ordinal) && message.Text.Contains("Action: failed", StringComparison.Ordinal));
        Assert.Empty(mail.QueueFiles("corrupt", "bounce", "defer", "trace"));
    });

    // Makes the directories, as on a machine where the mail system is installed.
    private static void StartOnce(MailSystem mail)
    {
        mail.Start();
        mail.Stop();
    }

    private static void AssertDelivered(SmtpReceiver receiver, IEnumerable<(string Name, QueueFileRecords Records)> vectors)
    {
        var wrong = new List<string>();
        List<ReceivedMessage> left = [.. receiver.Messages.Where(static message => !VectorCase.IsNoticeOfBadAddress(message.Text))];
        foreach ((string name, QueueFileRecords records) in vectors)
        {
            string want = VectorCase.Normal(records.Content, name);
            foreach (string recipient in VectorCase.Deliverable(records))
            {
                string address = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(recipient));
                int found = left.FindIndex(message => VectorCase.Normal(VectorCase.Unbroken(message.Text), name) == want
                    && message.Recipients.Any(candidate => candidate.Address.Replace("\"", "", StringComparison.Ordinal) == address));
                if (found < 0)
                    wrong.Add($"{name}: no copy for {address}");
                else if (left[found].Recipients.Count == 1)
                    left.RemoveAt(found);
                else
                    left[found] = left[found] with
                    {
                        Recipients = left[found].Recipients.Where(candidate => candidate.Address.Replace("\"", "", StringComparison.Ordinal) != address).ToArray(),
                    };
            }
        }
        foreach (ReceivedMessage message in left)
            wrong.Add($"unexpected: from <{message.Sender}> to {string.Join(' ', message.Recipients.Select(recipient => recipient.Address))}: {message.Header("Subject")}");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }
}
