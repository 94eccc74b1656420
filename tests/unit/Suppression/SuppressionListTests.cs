using System.Text;
using PostfixNet.Suppression;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Suppressions;

/// <summary>The file of the suppression list. S3-46, S3-47.</summary>
public sealed class SuppressionListTests : IDisposable
{
    private const long Now = 1_800_000_000;
    private readonly TemporaryDirectory _directory = new();
    private readonly AddressForm _form = new(["plus", "minus", "dots"]);

    public SuppressionListTests() => Directory.CreateDirectory(Path.Combine(_directory.Path, "suppression"));

    public void Dispose() => _directory.Dispose();

    private string File => Path.Combine(_directory.Path, "suppression", "list");

    // A process that another test starts has our files, and their locks, until it is the other program.
    private SuppressionList Open(long now = Now)
    {
        SuppressionList? list = null;
        Assert.True(SpinWait.SpinUntil(() => (list = SuppressionList.TryOpen(_directory.Path, _form, now)) is not null, TimeSpan.FromSeconds(10)));
        return list!;
    }

    private static SuppressionEntry Entry(string address, string sender = "", long until = 0, string reason = "gone") => SuppressionEntry.Of(address, sender, reason, Now - 5, until, "operator");

    [Fact]
    public void What_was_added_is_found_again_in_the_next_process()
    {
        using (SuppressionList list = Open())
        {
            list.Add(Entry("Bob.X+1@q.test"), Now);
            list.Add(Entry("carol@q.test", reason: "a\tb\r\nc\u00e9"), Now);
            list.Add(Entry("dave@q.test"), Now);
            Assert.True(list.Remove("", "d.ave@Q.test", Now));
            Assert.False(list.Remove("", "nobody@q.test", Now));
            Assert.Equal(2, list.Count);
        }
        using SuppressionList next = Open();
        Assert.Equal(Entry("Bob.X+1@q.test"), next.Find("alice@q.test", "bobx@q.test", Now));
        Assert.Equal("operator", next.Find("", "carol@q.test", Now)?.By);
        Assert.DoesNotContain('\t', next.Find("", "carol@q.test", Now)!.Reason);
        Assert.Null(next.Find("", "dave@q.test", Now));
        Assert.Equal(["Bob.X+1@q.test", "carol@q.test"], next.Entries().Select(static entry => entry.Address));
        Assert.Equal(0, next.Damaged);
    }

    [Fact]
    public void An_entry_ends_and_can_be_given_again()
    {
        using SuppressionList list = Open();
        list.Add(Entry("bob@q.test", until: Now + 10), Now);
        Assert.NotNull(list.Find("", "bob@q.test", Now + 9));
        Assert.Null(list.Find("", "bob@q.test", Now + 10));
        list.Add(Entry("bob@q.test"), Now);
        Assert.NotNull(list.Find("", "bob@q.test", Now + 11));
        Assert.Equal(1, list.Count);
    }

    [Fact]
    public void An_entry_for_a_sender_or_domain_is_for_its_mail_alone()
    {
        using SuppressionList list = Open();
        list.Add(Entry("bob@q.test", "News@A.test"), Now);
        list.Add(Entry("carol@q.test", "A.test"), Now);
        Assert.NotNull(list.Find("news@a.test", "bob@q.test", Now));
        Assert.Null(list.Find("shop@a.test", "bob@q.test", Now));
        Assert.NotNull(list.Find("shop@a.test", "carol@q.test", Now));
        Assert.Null(list.Find("shop@b.test", "carol@q.test", Now));
        Assert.Null(list.Find("", "carol@q.test", Now));
    }

    // Wherever the power went: what is whole counts, and the next line is not joined to the rest.
    [Fact]
    public void A_file_that_ends_anywhere_is_read_and_goes_on()
    {
        using (SuppressionList list = Open())
        {
            list.Add(Entry("bob@q.test"), Now);
            list.Add(Entry("carol@q.test"), Now);
        }
        byte[] whole = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length <= whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (SuppressionList cut = Open())
            {
                Assert.Equal(Encoding.ASCII.GetString(whole[..length]).Split('\n').SkipLast(1).Count(static line => line.StartsWith('+')), cut.Count);
                cut.Add(Entry("dave@q.test"), Now);
            }
            using SuppressionList next = Open();
            Assert.NotNull(next.Find("", "dave@q.test", Now));
            Assert.Equal(0, next.Damaged);
        }
    }

    [Fact]
    public void A_damaged_line_costs_itself_alone()
    {
        using (SuppressionList list = Open())
        {
            foreach (string name in (string[])["bob", "carol", "dave"])
                list.Add(Entry($"{name}@q.test"), Now);
        }
        byte[] whole = System.IO.File.ReadAllBytes(File);
        int at = whole.AsSpan().IndexOf("carol"u8);
        whole.AsSpan(at - 2, 30).Clear();
        System.IO.File.WriteAllBytes(File, [.. whole, .. new byte[100_000], (byte)'\n', .. "+\tno address\t\t1\t0\tx\ty\n"u8, .. "?\tbob@q.test\t\t-1\t5\n"u8]);
        using SuppressionList next = Open();
        Assert.Equal((2, 4), (next.Count, next.Damaged));
        Assert.NotNull(next.Find("", "bob@q.test", Now));
        Assert.NotNull(next.Find("", "dave@q.test", Now));
    }

    [Fact]
    public void One_process_writes_and_others_read_meanwhile()
    {
        using SuppressionList list = Open();
        list.Add(Entry("bob@q.test"), Now);
        Assert.Null(SuppressionList.TryOpen(_directory.Path, _form, Now));
        using SuppressionList reader = SuppressionList.Open(_directory.Path, _form);
        Assert.NotNull(reader.Find("", "bob@q.test", Now));
    }

    [Fact]
    public void A_file_that_others_can_write_is_not_believed()
    {
        using (SuppressionList list = Open())
            list.Add(Entry("bob@q.test"), Now);
        Native.FileSystem.ChangeMode(File, 0x1B6 /* 0666 */);
        Assert.Contains("others than its owner", Assert.Throws<Native.SystemCallException>(() => Open()).Message, StringComparison.Ordinal);
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, "/etc/passwd");
        Assert.Throws<Native.SystemCallException>(() => Open());
    }

    [Fact]
    public void Changes_do_not_make_the_file_grow_for_ever()
    {
        using (SuppressionList list = Open())
        {
            list.Add(Entry("stays@q.test"), Now);
            list.Add(Entry("over@q.test", until: Now + 5), Now);
            list.NoteFailure("", "fails@q.test", Now);
            for (int i = 0; i < 10_000; i++)
            {
                list.Add(Entry("bob@q.test"), Now + 10);
                list.Remove("", "bob@q.test", Now + 10);
            }
            Assert.InRange(new FileInfo(File).Length, 1, 200_000);
            Assert.NotNull(list.Find("", "stays@q.test", Now + 10));
            Assert.Equal(2, list.NoteFailure("", "fails@q.test", Now));
        }
        using SuppressionList next = Open();
        Assert.Equal(["stays@q.test"], next.Entries().Select(static entry => entry.Address));
        Assert.Equal(1, next.FailingCount);
    }

    // As on a full disk.
    [Fact]
    public void A_file_that_cannot_be_written_anew_is_not_tried_with_each_change()
    {
        using SuppressionList list = Open();
        string inTheWay = Directory.CreateDirectory($"{File}.new").FullName;
        Assert.Equal(1, Troubles(Now));
        Assert.Equal(0, Troubles(Now + 59));
        Assert.Equal(1, Troubles(Now + 60));
        long size = new FileInfo(File).Length;
        Directory.Delete(inTheWay);
        Assert.Equal(0, Troubles(Now + 120));
        Assert.InRange(new FileInfo(File).Length, 1, size / 2);
        Assert.Equal(0, list.Count);

        int Troubles(long now)
        {
            int troubles = 0;
            for (int i = 0; i < 2000; i++)
            {
                if (Record.Exception(() => list.Add(Entry("bob@q.test"), now)) is Native.SystemCallException)
                    troubles++;
            }
            _ = list.Remove("", "bob@q.test", now);
            return troubles;
        }
    }

    [Fact]
    public void A_request_that_changes_nothing_by_order_flushes_nothing()
    {
        SuppressionList list = Open();
        list.Add(Entry("bob@q.test"), Now);
        SuppressionRequest reports = new([], []) { Results = [new ReportedResult("", "bob@q.test", "5.1.1", "550 who?", false)] };
        list.Dispose();
        Assert.Throws<ObjectDisposedException>(list.Flush);
        Assert.Null(reports.ApplyTo(list, Now).Refusal);
    }

    [Fact]
    public void Failures_are_counted_until_one_message_is_taken()
    {
        using (SuppressionList list = Open())
        {
            Assert.Equal(1, list.NoteFailure("", "bob@q.test", Now));
            Assert.Equal(2, list.NoteFailure("", "b.ob+x@q.test", Now));
            Assert.Equal(1, list.NoteFailure("a.test", "bob@q.test", Now));
            Assert.Null(list.Find("", "bob@q.test", Now));
        }
        using (SuppressionList next = Open())
        {
            Assert.Equal(3, next.NoteFailure("", "bob@q.test", Now));
            next.NoteSuccess("", "bob@q.test");
        }
        using SuppressionList last = Open();
        Assert.Equal(1, last.NoteFailure("", "bob@q.test", Now));
        Assert.Equal(2, last.NoteFailure("a.test", "bob@q.test", Now));
        last.Add(Entry("bob@q.test"), Now);
        Assert.Equal(0, last.NoteFailure("", "bob@q.test", Now));
        last.NoteSuccess("", "bob@q.test");
        Assert.NotNull(last.Find("", "bob@q.test", Now));
    }

    [Theory]
    [InlineData("bob")]
    [InlineData("bob@")]
    [InlineData("@q.test")]
    [InlineData("bob@q..test")]
    [InlineData("b\tob@q.test")]
    [InlineData("b\nob@q.test")]
    public void What_is_no_address_is_refused(string address) => Assert.Throws<FormatException>(() => Entry(address));
}
