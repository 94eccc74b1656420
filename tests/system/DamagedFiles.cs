using System.Text;
using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>Nothing that lies in a queue directory stops the mail beside it.</summary>
public sealed class DamagedFiles
{
    private static readonly string[] Queues = ["maildrop", "incoming", "active", "deferred"];

    // S1-23, S5-05
    [Fact]
    public void NeighboursOfDamagedFilesAreDelivered() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        byte[] queued = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(File.ReadAllBytes(Repository.Vector("one-rcpt.incoming"))));
        byte[] dropped = File.ReadAllBytes(Repository.Vector("one-rcpt.maildrop"));
        string outside = mail.PathOf("outside");
        File.WriteAllText(outside, "not mail\n");
        mail.Give(outside);
        File.SetUnixFileMode(outside, (UnixFileMode)0b111_000_000);
        int number = 0;
        foreach (string queue in Queues)
        {
            byte[] good = queue == "maildrop" ? dropped : queued;
            string Next() => $"{queue}/{(queue == "deferred" ? "0/" : "")}{++number:X5}B2A7B8";
            mail.Place(Next(), Readdressed(good, queue));
            mail.Place(Next(), good[..(good.Length / 2)]);        // cut off
            mail.Place(Next(), good[..40]);                       // in the first records
            mail.Place(Next(), []);
            mail.Place(Next(), Encoding.ASCII.GetBytes("no queue file at all\n"));
            mail.Place(Next(), Enumerable.Repeat((byte)0xff, 300).ToArray());
            mail.Place(Next(), Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(good).Replace("\0E\0", "\0", StringComparison.Ordinal))[..^2]);
            mail.Place($"{queue}/12345.678", good);               // a temporary name
            mail.Place($"{queue}/name with blanks", good);
            mail.Place($"{queue}/README.txt", Encoding.ASCII.GetBytes("hello\n"));
            File.CreateSymbolicLink(Path.Combine(mail.QueueDirectory, Next()), outside);
            File.CreateSymbolicLink(Path.Combine(mail.QueueDirectory, Next()), "/nowhere");
            mail.MakeQueueDirectory(Next());
            // A hard link: one file under two names, one of them somebody else's.
            string linked = mail.Place($"{queue}/elsewhere.link", good);
            Command.Run("ln", [linked, Path.Combine(mail.QueueDirectory, Next())]).Ok();
        }
        mail.Start();
        Wait.For("the good neighbours", () => Queues.All(queue =>
            receiver.Messages.Any(message => message.Recipients.Any(recipient => recipient.Address == Recipient(queue)))));
        mail.Submit(MailSystem.Message("fresh"), "-f", "alice@origin.test", "fresh@sink.test");
        Wait.For("a message submitted afterwards", () => receiver.Messages.Any(message => message.Header("Subject") == "fresh"));
        // What stays is what no mail program can have made: links, directories, names that are no ids.
        Wait.For("corrupt files out of the way", () => mail.QueueFiles("incoming", "active", "deferred", "maildrop").All(IsOdd));
        Assert.Equal("not mail\n", File.ReadAllText(outside));
        Assert.NotEmpty(mail.QueueFiles("corrupt"));
        Assert.NotEmpty(mail.Log(@"/qmgr\[\d+\]: warning: saving corrupt file"));
        Assert.NotEmpty(mail.Log(@"/pickup\[\d+\]: warning: "));
        foreach (string queue in Queues.Skip(1))
            Assert.Single(receiver.Messages, message => message.Recipients.Any(recipient => recipient.Address == Recipient(queue)));
        Assert.True(mail.IsRunning);
    });

    [Fact]
    public void FlippedBitsNeverStopTheQueueManager() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        byte[] good = File.ReadAllBytes(Repository.Vector("dsn-all.incoming"));
        byte[] dropped = File.ReadAllBytes(Repository.Vector("dsn-all.maildrop"));
        var random = new Random(20260721);
        for (int i = 1; i <= 80; i++)
        {
            byte[] damaged = [.. i % 4 == 0 ? dropped : good];
            int bit = random.Next(damaged.Length * 8);
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            mail.Place($"{(i % 4 == 0 ? "maildrop" : i % 4 == 1 ? "active" : "incoming")}/{i:X5}B2A7B8", damaged);
        }
        mail.Set("maximal_queue_lifetime", "1s"); // whatever cannot be delivered now shall not wait
        mail.Start();
        mail.Submit(MailSystem.Message("fresh"), "-f", "alice@origin.test", "fresh@sink.test");
        Wait.For("the neighbour", () => receiver.Messages.Any(message => message.Header("Subject") == "fresh"));
        Wait.For("the end of all the damaged ones", () => mail.QueueFiles("maildrop", "incoming", "active").Count == 0);
        Assert.True(receiver.Messages.Count > 20); // most flips are in the text, which is nobody's to judge
        Assert.Single(mail.Pids("qmgr"));
        Assert.Empty(mail.Log(@"/master\[\d+\]: warning: .*(qmgr|pickup).*(killed by signal|exit status)"));
    });

    [Fact]
    public void DamagedLogsDoNotHinderDelivery() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        byte[] good = File.ReadAllBytes(Repository.Vector("one-rcpt.incoming"));
        byte[][] logs =
        [
            [], [0], Encoding.ASCII.GetBytes("recipient=\nreason\n=\n\n\n"), Enumerable.Repeat((byte)0xff, 100_000).ToArray(),
            Encoding.ASCII.GetBytes("\n<a@b.test>: what\nrecipient=a@b.test\noffset=99999999999999999999\nstatus=7.x.0\naction=\nreason=\n"),
        ];
        for (int i = 0; i < logs.Length; i++)
        {
            mail.Place($"incoming/{i:X5}B2A7B8", good);
            mail.Place($"bounce/{i:X5}B2A7B8", logs[i], 0b110_000_000);
            mail.Place($"defer/0/{i:X5}B2A7B8", logs[i], 0b110_000_000);
        }
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.Equal(logs.Length, receiver.Messages.Count(message => message.Sender == "alice@origin.test"));
    });

    // S4-08, S5-14
    [Fact]
    public void AMessageWhoseContentIsDamagedGoesToCorruptAndToNobody() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        string good = Encoding.Latin1.GetString(File.ReadAllBytes(Repository.Vector("one-rcpt.incoming")));
        byte[] damaged = Encoding.Latin1.GetBytes(good.Replace("N\u0006Hello.", "\u00ff\u0006Hello.", StringComparison.Ordinal));
        Assert.NotEqual(good, Encoding.Latin1.GetString(damaged));
        mail.Place("incoming/1BC7BB2A7B8", damaged);
        mail.Start();
        Wait.For("the file in corrupt", () => mail.QueueFiles("corrupt").Count == 1);
        mail.WaitForLog("qmgr.*: warning: saving corrupt file \"1BC7BB2A7B8\"");
        Assert.Equal(damaged, File.ReadAllBytes(mail.QueueFiles("corrupt")[0]));
        Assert.Empty(mail.Ids("incoming", "active", "deferred"));
        Assert.Empty(receiver.Messages);
    });

    private static string Recipient(string queue) => queue[..3] + "@sink.test"; // as long as bob@sink.test

    private static byte[] Readdressed(byte[] file, string queue) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(file).Replace("bob@sink.test", Recipient(queue), StringComparison.Ordinal));

    private static bool IsOdd(string path) =>
        !Path.GetFileName(path).All(char.IsAsciiLetterOrDigit)
        || FileSystem.Status(path) is not { Kind: FileKind.Regular, LinkCount: 1 };
}
