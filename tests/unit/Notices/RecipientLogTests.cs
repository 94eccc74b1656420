using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.Notices;

public sealed class RecipientLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("postfixnet-test-").FullName;
    private string LogPath => Path.Combine(_directory, "ID1");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public static TheoryData<string> Vectors
    {
        get
        {
            TheoryData<string> names = [];
            foreach (string path in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "vectors"), "*log").Order(StringComparer.Ordinal))
                names.Add(Path.GetFileName(path));
            return names;
        }
    }

    private List<Outcome> Read(DsnClass otherwise = DsnClass.Transient) => [.. RecipientLog.ReadUnlocked(LogPath, otherwise)];

    private void Write(string text) => File.WriteAllBytes(LogPath, ByteText.Encode(text));

    private static Outcome Delayed(string address = "bob@q.test", string reason = "no") => new(new Recipient(address, Offset: 17), new Dsn("4.4.1", reason, DsnAction.Delayed));

    // Recorded again after the mark in the queue file got lost: its sender hears of it once.
    [Fact]
    public void A_recipient_that_was_recorded_twice_is_read_once()
    {
        foreach (string reason in (string[])["first", "second"])
            RecipientLog.Append(LogPath, Delayed(reason: reason));
        RecipientLog.Append(LogPath, Delayed("carol@q.test"));
        using (RecipientLog log = RecipientLog.Open(LogPath)!)
            Assert.Equal([Delayed(reason: "second"), Delayed("carol@q.test")], log.Read(DsnClass.Transient));
        Assert.Equal([Delayed(reason: "second"), Delayed("carol@q.test")], RecipientLog.ReadOnce(LogPath, DsnClass.Transient));
        Assert.Equal(3, Read().Count);
    }

    [Theory, MemberData(nameof(Vectors))]
    public void Writes_Postfix_logs_byte_for_byte(string name)
    {
        string vector = Path.Combine(AppContext.BaseDirectory, "vectors", name);
        foreach (Outcome outcome in RecipientLog.ReadUnlocked(vector, DsnClass.Permanent))
            RecipientLog.Append(LogPath, outcome);
        Assert.Equal(File.ReadAllText(vector), File.ReadAllText(LogPath));
        Assert.Equal(0x180, FileSystem.Status(LogPath)!.Value.Mode);
    }

    [Fact]
    public void Reads_all_fields()
    {
        Outcome[] given =
        [
            new(new Recipient("a b@q.test", "alias@al.test", "rfc822;alias@al.test", Notify.Success | Notify.Failure, 432),
                new Dsn("5.1.1", "host said: no", DsnAction.Failed, "smtp", "550 5.1.1 no", "mx.q.test")),
            new(new Recipient(""), new Dsn("2.0.0", "alias expanded", DsnAction.Expanded)),
            new(new Recipient("j\u00f6rg@q.test", "\udce4@q.test", "utf-8;j\u00f6rg@q.test", Notify.Never, 1), new Dsn("4.0.0", "x=y <z>: w")),
        ];
        foreach (Outcome outcome in given)
            RecipientLog.Append(LogPath, outcome, oldStyleLine: false);
        Assert.Equal(given, Read());
    }

    [Fact]
    public void Leaves_out_an_original_address_that_differs_in_case_only()
    {
        RecipientLog.Append(LogPath, Delayed() with { Recipient = new Recipient("bob@q.test", "Bob@Q.test", Offset: 17) });
        Assert.Null(Read()[0].Recipient.Original);
    }

    [Theory] // text, recipients as address/status/reason
    [InlineData("", "")]
    [InlineData("\n\n\n", "")]
    [InlineData("\n<bob@q.test>: old style\n\n", "bob@q.test/5.0.0/old style")]
    [InlineData("<bob@q.test>: old style", "bob@q.test/5.0.0/old style")]
    [InlineData("<>: null\n\n<\"a b\"@q>: x\n", "/5.0.0/null|a b@q/5.0.0/x")]
    [InlineData("recipient=bob\nstatus=4.2.1\nnew_name=1\nnonsense\nreason=r\n\n", "bob/4.2.1/r")]
    [InlineData("<old@q>: old\nrecipient=new@q\nreason=new\n\n", "new@q/5.0.0/new")]
    [InlineData("status=4.2.1\nreason=r\n\nrecipient=b\n", "b/5.0.0/")]
    [InlineData("recipient=b\nstatus=garbage\noffset=x\nnotify_flags=-1\n", "b/5.0.0/")]
    [InlineData("recipient=b\rx\nreason=\0\u001b\n", "b?x/5.0.0/??")]
    [InlineData("<no end\n\n", "")]
    public void Reads_whatever_is_in_a_log(string text, string recipients)
    {
        Write(text);
        Assert.Equal(recipients, string.Join('|', Read(DsnClass.Permanent).Select(r => $"{r.Recipient.Address}/{r.Dsn.Status}/{r.Dsn.Reason}")));
    }

    [Fact]
    public void A_missing_log_has_no_recipients()
    {
        Assert.Empty(Read());
        Assert.Null(RecipientLog.Open(LogPath));
    }

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = new byte[random.Next(3000)];
            random.NextBytes(bytes);
            for (int j = 0; j < bytes.Length; j += random.Next(1, 40))
                bytes[j] = (byte)"\n=<>:"[random.Next(5)];
            File.WriteAllBytes(LogPath, bytes);
            _ = Read();
        }
    }

    [Fact]
    public void Endless_lines_are_cut()
    {
        Write("recipient=a\nreason=" + new string('x', 200_000) + "\nstatus=4.1.1\n\nrecipient=b\n" + new string('y', 100_000));
        List<Outcome> read = Read();
        Assert.Equal(["a", "b"], read.Select(r => r.Recipient.Address));
        Assert.Equal("4.1.1", read[0].Dsn.Status);
        Assert.InRange(read[0].Dsn.Reason.Length, 1000, RecipientLog.ValueLimit);
    }

    [Fact]
    public void Long_and_hostile_values_are_written_as_one_line()
    {
        RecipientLog.Append(LogPath, Delayed("x\nstatus=2.0.0\n\n<y>: z", "a\r\n\nb" + new string('r', 100_000)));
        Outcome read = Assert.Single(Read());
        Assert.Equal("4.4.1", read.Dsn.Status);
        Assert.Equal(RecipientLog.ValueLimit, read.Dsn.Reason.Length);
    }

    [Theory]
    [InlineData("\n<torn@q>: reas")]
    [InlineData("\n<torn@q>: reason\nrecipient=to")]
    [InlineData("\n<torn@q>: reason\n")]
    public void A_block_torn_by_a_crash_does_not_swallow_the_next(string torn)
    {
        Write(torn);
        RecipientLog.Append(LogPath, Delayed("bob@q.test"));
        List<Outcome> read = Read();
        Assert.Equal(2, read.Count);
        Assert.Equal(Delayed("bob@q.test"), read[1]);
    }

    [Fact]
    public void Appending_waits_for_the_lock_and_follows_a_removed_log()
    {
        RecipientLog.Append(LogPath, Delayed("first@q"));
        Thread append;
        using (RecipientLog log = RecipientLog.Open(LogPath)!)
        {
            Assert.Equal("first@q", Assert.Single(log.Read(DsnClass.Permanent)).Recipient.Address);
            append = new Thread(() => RecipientLog.Append(LogPath, Delayed("second@q")));
            append.Start();
            Assert.False(append.Join(TimeSpan.FromMilliseconds(50)));
            log.Remove();
        }
        append.Join();
        // Not written to the removed file: the second record would be lost with it.
        Assert.Equal("second@q", Assert.Single(Read()).Recipient.Address);
    }

    [Fact]
    public void Concurrent_appends_keep_blocks_whole()
    {
        Parallel.For(0, 60, i => RecipientLog.Append(LogPath, Delayed($"r{i}@q", new string('x', i * 50))));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"r{i}@q").Order(), Read().Select(r => r.Recipient.Address).Order());
    }

    [Fact]
    public void A_missing_directory_is_an_error_and_leaves_nothing() =>
        Assert.ThrowsAny<IOException>(() => RecipientLog.Append(Path.Combine(_directory, "none", "ID"), Delayed()));

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        File.CreateSymbolicLink(LogPath, Path.Combine(_directory, "elsewhere"));
        Assert.ThrowsAny<IOException>(() => RecipientLog.Append(LogPath, Delayed()));
        Assert.False(File.Exists(Path.Combine(_directory, "elsewhere")));
    }

    [Theory]
    [InlineData("5.1.1", true)]
    [InlineData("2.100.999", true)]
    [InlineData("3.1.1", false)]
    [InlineData("5.1", false)]
    [InlineData("5..1", false)]
    [InlineData("5.1.", false)]
    [InlineData("5.1.1111", false)]
    [InlineData("5.a.1", false)]
    [InlineData("", false)]
    public void Knows_a_status_code(string text, bool valid) => Assert.Equal(valid, Dsn.IsStatus(text));
}
