using System.Text.RegularExpressions;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Pickup;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>Good, odd and bad files in maildrop, and what is left where.</summary>
public sealed partial class MaildropTests
{
    private const string Good = "T1795239037 1|Aalice|Salice@origin.test|Rbob@sink.test|M|NSubject: x|N|Nbody|X|E";

    [Theory]
    // What the file holds, and what the log says (ID stands for the new queue id, N for our uid).
    [InlineData("T1 0|Sa@b.test|Rc@d.test|M|Nx|X|E", "ID: uid=N from=<a@b.test>")]
    [InlineData("Sa@b.test|Rc@d.test|M|Nx|X|E", "ID: uid=N from=<a@b.test>")] // no time
    [InlineData("T1 0|Sroot|Rc@d.test|M|Nx|X|E", "ID: uid=N from=<root>")] // the sender as submitted
    [InlineData("T1 0|S|Rc@d.test|M|Nx|X|E", "ID: uid=N from=<>")]
    [InlineData("T1 0|Sa@b.test|Aunknown=1|Aclient_name=x|C1|W5|K1|/x@d.test|Dy@d.test|Rc@d.test|M|Nx|X|E", "ID: uid=N from=<a@b.test>")]
    [InlineData("T1 0|Sa@b.test|n4|orfc822;q@d.test|i1|<1|Rc@d.test|M|p              0|wjunk|Nx|X|rq@d.test|eq@d.test|E", "ID: uid=N from=<a@b.test>")]
    [InlineData("T1 0|Sa@b.test|Lsmtp:x|>z@d.test|Rc@d.test|M|Nx|X|E|Zjunk", "ID: uid=N from=<a@b.test>")]
    public void Odd_file_is_accepted(string records, string log)
    {
        using MailFlow flow = new();
        flow.Drop("ABC", MailFlow.Encode(records));

        flow.RunPickup();

        List<(char Type, string Payload)> queued = flow.Incoming(out string id);
        Assert.Equal(log, Normal(flow.Log[0], id));
        Assert.Contains(('R', "c@d.test"), queued);
        Assert.Single(queued, r => r.Type == 'R');
        Assert.DoesNotContain(queued, r => r.Type is 'D' or 'K' or '/' or 'L' or '>' or 'W' or 'p' or 'w' || r.Payload.StartsWith("client", StringComparison.Ordinal));
        Assert.Empty(flow.Names(QueueName.Maildrop));
    }

    // S1-24
    [Theory]
    [InlineData("T1 0|Rc@d.test|M|Nx|X|E", "ID: uid=N: no envelope sender")]
    [InlineData("T1 0|Sa@b.test|M|Nx|X|E", "maildrop/ABC: error writing ID: no recipients specified")]
    [InlineData("T1 0|Rc@d.test|Sa@b.test|M|Nx|X|E", "ID: message rejected: missing sender envelope record")]
    [InlineData("T1 0|Rc@d.test|Sa@b.test|M|Nx|X|E", "maildrop/ABC: error writing ID: internal protocol error")]
    [InlineData("T1 0|Sa@b.test|Sa@b.test|Rc@d.test|M|Nx|X|E", "ID: message rejected: multiple envelope sender records")]
    [InlineData("T1 0|Sa@b.test|ZZ|Rc@d.test|M|Nx|X|E", "uid=N: unexpected or malformed record type 90")]
    [InlineData("T1 0|Sa@b.test|Rc@d.test|Nx|X|E", "uid=N: unexpected or malformed record type 78")]
    [InlineData("T1 0|Sa@b.test|Rc@d.test|M|Nx|E", "uid=N: unexpected or malformed record type 69")]
    [InlineData("T1 0|Sa@b.test|Rc@d.test|M|Nx|X", "uid=N: unexpected or malformed record type -1")]
    [InlineData("T1 0|Sa@b.test|Rc@d.test|M|p             19|Nx|X|E", "uid=N: unexpected or malformed record type 112")]
    [InlineData("T1 0|Sa@b.test|Anoequals|Rc@d.test|M|Nx|X|E", "ID: message rejected: malformed attribute: missing '=' after attribute name: noequals")]
    [InlineData("T1 0|Sa@b.test|Rc@d.test\nRCPT TO:<x@y.test>|M|Nx|X|E", "ID: message rejected: line end or NUL in record type 82")]
    [InlineData("Tyesterday|Sa@b.test|Rc@d.test|M|Nx|X|E", "ID: message rejected: bad arrival time: yesterday")]
    public void Bad_file_is_kept_in_corrupt(string records, string warning)
    {
        using MailFlow flow = new();
        byte[] bytes = MailFlow.Encode(records);
        flow.Drop("ABC", bytes);

        flow.RunPickup();

        Assert.Contains("warning: " + warning, flow.Log.Select(l => Normal(l, null)));
        Assert.Contains("warning: saving corrupt file \"ABC\" from queue \"maildrop\" to queue \"corrupt\"", flow.Log);
        Assert.Empty(flow.Names(QueueName.Incoming));
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.Equal(bytes, File.ReadAllBytes($"{flow.Queues.DirectoryOf(QueueName.Corrupt)}/ABC"));
    }

    [Fact]
    public void Damaged_records_are_named_in_the_log()
    {
        foreach ((byte[] bytes, string warning) in new (byte[], string)[]
        {
            ([], ""),
            (MailFlow.Encode("T1 0|Sa@b.test|Rc@d.test|M|N" + new string('x', 2049) + "|X|E"), "illegal length 2049, record type 78"),
            (MailFlow.Encode("T1 0|Sa@b.test|Rc@d.test|M|N" + new string('x', 80))[..^40], "unexpected EOF in data, record type 78 length 80"),
        })
        {
            using MailFlow flow = new();
            flow.Drop("ABC", bytes);
            flow.RunPickup();
            Assert.Contains(flow.Log, l => l.EndsWith(warning, StringComparison.Ordinal));
            Assert.Contains($"warning: uid={Users.EffectiveUid}: unexpected or malformed record type {(bytes.Length == 0 ? -1 : -2)}", flow.Log);
            Assert.Equal(["ABC"], flow.Names(QueueName.Corrupt));
            Assert.Empty(flow.Names(QueueName.Incoming));
        }
    }

    // S1-24
    [Fact]
    public void Name_taken_in_corrupt_does_not_lose_what_is_there()
    {
        using MailFlow flow = new();
        File.WriteAllText($"{flow.Queues.DirectoryOf(QueueName.Corrupt)}/ABC", "old");
        string path = flow.Drop("ABC", MailFlow.Encode("Zx"));
        ulong inode = FileSystem.Status(path)!.Value.Inode;

        flow.RunPickup();

        Assert.Equal(["ABC", $"ABC_{inode}"], flow.Names(QueueName.Corrupt));
        Assert.Equal("old", File.ReadAllText($"{flow.Queues.DirectoryOf(QueueName.Corrupt)}/ABC"));
    }

    // S5-02
    [Theory]
    [InlineData("ABC", 0x180)]
    [InlineData("ABC", 0x1A4)]
    [InlineData("ABC", 0x140)]
    [InlineData("1234.567", 0x1E4)]
    public void File_that_is_not_complete_is_left_alone(string name, int mode)
    {
        using MailFlow flow = new();
        flow.Drop(name, MailFlow.Encode(Good.Replace("|Aalice", "", StringComparison.Ordinal)), mode);

        flow.RunPickup();

        Assert.Equal([name], flow.Names(QueueName.Maildrop));
        Assert.Empty(flow.Log);
    }

    [Fact] // else each new pickup process would queue them once more
    public void Mail_stays_in_a_maildrop_that_cannot_be_written()
    {
        if (Users.EffectiveUid == 0)
            return; // modes do not keep root from anything
        using MailFlow flow = new();
        flow.Drop("ABC", MailFlow.Encode(Good));
        string maildrop = flow.Queues.DirectoryOf(QueueName.Maildrop);
        FileSystem.ChangeMode(maildrop, 0x140);
        flow.RunPickup();
        FileSystem.ChangeMode(maildrop, 0x1C0);
        Assert.Empty(flow.Names(QueueName.Incoming));
        Assert.Contains("Permission denied; mail stays there until it can be removed", Assert.Single(flow.Log), StringComparison.Ordinal);
        flow.RunPickup();
        Assert.Single(flow.Names(QueueName.Incoming));
    }

    // S5-02
    [Fact]
    public void Links_are_left_alone_and_reported_once()
    {
        using MailFlow flow = new();
        string path = flow.Drop("ABC", MailFlow.Encode(Good));
        Directory.CreateSymbolicLink(path + "D", "/etc/passwd");
        string elsewhere = flow.Queues.Root + "/other";
        Assert.Equal(0, Link(path, elsewhere));
        flow.RunPickup();

        Assert.Equal(["ABC", "ABCD"], flow.Names(QueueName.Maildrop));
        Assert.Equal(2, flow.Log.Count);
        Assert.Contains(flow.Log, l => l == "warning: maildrop/ABC: file has 2 names, left alone");
        Assert.Contains(flow.Log, l => l == "warning: maildrop/ABCD: not a regular file, left alone");
    }

    [Fact]
    public void Requeued_file_keeps_time_and_original_recipient_and_drops_done_ones()
    {
        using MailFlow flow = new();
        flow.Pickup = flow.Pickup with { OwnerUid = Users.EffectiveUid };
        flow.Drop("56125B30414", MailFlow.Encode(
            "C" + default(SizeRecord) + "|T1795239037 5|Acreate_time=1795239099|Alog_ident=OLD|Sa@b.test|W             -1|" +
            "Anotify_flags=1|Adsn_orig_rcpt=rfc822;gone@d.test|Ogone@d.test|Dgone@d.test|" +
            "Adsn_orig_rcpt=rfc822;list@d.test|Olist@d.test|Rone@d.test|M|NReceived: by mta.golden.test (Postfix, from userid 0)|NSubject: x|X|E"),
            mode: QueueFileMode.Ready);

        flow.RunPickup();

        List<(char Type, string Payload)> queued = flow.Incoming(out string id);
        Assert.Equal($"{id}: uid={Users.EffectiveUid} from=<a@b.test> orig_id=56125B30414", flow.Log[0]);
        Assert.Equal(('T', "1795239037 5"), queued[1]);
        Assert.Single(queued, r => r.Payload.StartsWith("create_time", StringComparison.Ordinal));
        int at = queued.FindIndex(r => r.Type == 'O');
        Assert.Equal([('A', "dsn_orig_rcpt=rfc822;list@d.test"), ('O', "list@d.test"), ('R', "one@d.test"), ('M', "")], queued[(at - 1)..(at + 3)]);
        Assert.DoesNotContain(queued, r => r.Type is 'D' or 'W' || r.Payload.StartsWith("notify_flags", StringComparison.Ordinal));
        Assert.Contains(('A', "log_ident=OLD"), queued);
        Assert.Equal(2, queued.Count(r => r.Payload.StartsWith("Received:", StringComparison.Ordinal)));
    }

    // S3-05: by sendmail, by header, both; by Postfix's sendmail, which writes -1 for what it does not know; and nonsense.
    [Theory]
    [InlineData("C              0               0               0               0               0              32", "", 32)]
    [InlineData("C             -1              -1              -1              -1              -1              32", "", 32)]
    [InlineData("C             -1              -1              -1              -1              -1              33", "", 33)]
    [InlineData("C              0               0               0               0               0              32", "TLS-Required: No", 32)]
    [InlineData("C              0               0               0               0               0              46", "", 32)]
    [InlineData("C             -1              -1              -1              -1              -1              zz", "", 0)]
    [InlineData("", "TLS-Required: No", 16)]
    [InlineData("", "tls-required:no", 16)]
    [InlineData("", "TLS-Required: yes", 0)]
    [InlineData("", "Require-TLS-ESMTP: YES", 32)]
    [InlineData("", "Require-TLS-ESMTP: no", 0)]
    [InlineData("", "Subject: TLS-Required: No", 0)]
    public void What_the_sender_wants_of_TLS_stands_in_the_size_record(string record, string header, int field)
    {
        foreach (bool isRequeued in (bool[])[false, true])
        {
            using MailFlow flow = new();
            if (isRequeued)
                flow.Pickup = flow.Pickup with { OwnerUid = Users.EffectiveUid };
            flow.Drop("ABC", MailFlow.Encode($"T1795239037 5|{record}{(record.Length > 0 ? "|" : "")}Sa@b.test|Rc@d.test|M|N{(header.Length > 0 ? header : "Subject: x")}|N|NTLS-Required: No|X|E"),
                mode: isRequeued ? QueueFileMode.Ready : QueueFileMode.Submitted);
            flow.RunPickup();
            List<(char Type, string Payload)> queued = flow.Incoming(out _);
            Assert.EndsWith($" {field}", queued[0].Payload, StringComparison.Ordinal);
            Assert.Equal(95, queued[0].Payload.Length);
            Assert.Equal(field == 32 || field == 33 ? 1 : 0, queued.Count(static queued => queued.Payload.Equals("Require-TLS-ESMTP: yes", StringComparison.OrdinalIgnoreCase)));
        }
    }

    [Fact]
    public void What_is_no_TLS_Required_header_is_told()
    {
        using MailFlow flow = new();
        flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|NTLS-Required: perhaps|N|X|E"));
        flow.RunPickup();
        Assert.Contains(flow.Log, static line => line.EndsWith(": ignoring malformed header: 'TLS-Required: perhaps'", StringComparison.Ordinal));
    }

    // S5-32
    [Theory]
    [InlineData(-10772, "ID: message dated 10772 seconds into the future")]
    [InlineData(2 * 86400 + 5, "ID: message has been queued for 2 days")]
    public void Strange_modification_time_is_reported(long age, string warning)
    {
        const long Now = 1795239037;
        using MailFlow flow = new() { Clock = new StillClock(Now) };
        flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E"), modified: Now - age);

        flow.RunPickup();

        List<(char Type, string Payload)> queued = flow.Incoming(out string id);
        Assert.Contains("warning: " + warning, flow.Log.Select(l => Normal(l, id)));
        Assert.Contains(('T', $"{Now - age} 0"), queued);
    }

    [Fact]
    public void First_line_that_begins_with_a_blank_does_not_continue_our_header()
    {
        using MailFlow flow = new();
        flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N folded|X|E"));

        flow.RunPickup();

        List<(char Type, string Payload)> queued = flow.Incoming();
        Assert.Equal([('N', ""), ('N', " folded"), ('X', "")], queued[^4..^1]);
    }

    // S1-12
    [Fact]
    public void Temporary_trouble_keeps_the_file_and_what_is_half_written_is_removed()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { Space = new SpaceLimit(long.MaxValue, 0) };
        flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E"));
        flow.RunPickup();
        Assert.Equal(["ABC"], flow.Names(QueueName.Maildrop));
        Assert.Empty(flow.Names(QueueName.Incoming));

        flow.RunPickup(() => throw new IpcException("connect to private/cleanup: Connection refused"));
        Assert.Equal(["ABC"], flow.Names(QueueName.Maildrop));

        flow.Options = flow.Options with { Space = new SpaceLimit(0, 0) };
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.Single(flow.Names(QueueName.Incoming));
    }

    [Fact]
    public void Cleanup_that_dies_without_an_answer_loses_nothing()
    {
        using MailFlow flow = new();
        flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E"));
        flow.RunPickup(() =>
        {
            (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
            Thread server = new(() =>
            {
                using Channel channel = new(theirs, "client", TimeSpan.FromSeconds(30));
                channel.Receive();
                channel.Send(new CleanupReply.Begun(QueueId.TryParse("ABCDEF", out QueueId id) ? id : default).ToAttributes());
                while (channel.ReceiveData().Length > 0)
                {
                }
            });
            server.Start();
            return new Channel(ours, "cleanup", TimeSpan.FromSeconds(30));
        });

        Assert.Equal(["ABC"], flow.Names(QueueName.Maildrop));
        Assert.Contains(flow.Log, l => l.StartsWith("warning: ", StringComparison.Ordinal) && l.Contains("cleanup", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_in_directories_of_users_are_left_alone()
    {
        using MailFlow flow = new();
        Directory.CreateDirectory($"{flow.Queues.DirectoryOf(QueueName.Maildrop)}/D");
        flow.Drop("D/ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E"));

        flow.RunPickup();

        Assert.Equal(["D"], flow.Names(QueueName.Maildrop));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    [Fact]
    public void File_that_is_queued_but_cannot_be_removed_is_not_taken_again()
    {
        using MailFlow flow = new();
        string path = flow.Drop("ABC", MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E"));
        Assert.True(QueueId.TryParse("ABC", out QueueId id));
        using CleanupConnection cleanup = new(() =>
        {
            // The file is already open; what has its name now cannot be unlinked.
            File.Move(path, flow.Queues.Root + "/moved");
            Directory.CreateDirectory(path);
            return flow.Connect();
        });

        Outcome outcome = new Submission(flow.Pickup, flow.Queues, flow.Clock, new WarnedNames(TimeProvider.System), new PostfixNet.Pickup.Log(flow.Lines)).Submit(new QueueEntry(id, path), cleanup);
        cleanup.Abandon();

        Assert.Equal(Outcome.Stuck, outcome);
        Assert.Single(flow.Names(QueueName.Incoming));
        Assert.Contains(flow.Log, l => l.StartsWith("warning: maildrop/ABC: queued as ", StringComparison.Ordinal));
    }

    [Fact]
    public void Many_files_are_queued_once_each_also_those_that_come_during_the_scan()
    {
        using MailFlow flow = new();
        for (int i = 0; i < 100; i++)
            flow.Drop($"F{i:000}", MailFlow.Encode($"T1 0|Sa@b.test|Rr{i}@d.test|M|NSubject: {i}|N|Nx|X|E"));
        int connections = 0;
        // Who is without work for a moment stays.
        flow.Pickup = flow.Pickup with { IdleLimit = TimeSpan.FromSeconds(2) };

        flow.RunPickup(() =>
        {
            flow.Drop($"LATE{Interlocked.Increment(ref connections)}", MailFlow.Encode($"T1 0|Sa@b.test|Rlate{connections}@d.test|M|Nx|X|E"));
            return flow.Connect();
        });

        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.InRange(connections, 1, flow.Pickup.Connections);
        List<string> recipients = [.. flow.Names(QueueName.Incoming).Select(n => MailFlow.Records($"{flow.Queues.DirectoryOf(QueueName.Incoming)}/{n}").Single(r => r.Type == 'R').Payload)];
        Assert.Equal(100 + connections, recipients.Count);
        Assert.Equal(recipients.Count, recipients.Distinct().Count());
    }

    private static string Normal(string line, string? id)
    {
        if (id is not null)
            line = line.Replace(id, "ID", StringComparison.Ordinal);
        return Uid().Replace(ShortId().Replace(line, "ID"), "uid=N");
    }

    [GeneratedRegex(@"\b[0-9A-F]{9,}\b")]
    private static partial Regex ShortId();

    [GeneratedRegex(@"uid=\d+")]
    private static partial Regex Uid();

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "link")]
    private static extern int Link(string from, string to);
}
