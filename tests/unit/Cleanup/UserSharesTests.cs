using PostfixNet.Native;
using PostfixNet.Pickup;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Smtp;
using PickupLog = PostfixNet.Pickup.Log;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>One user's heap of mail in maildrop, and the mail of others.</summary>
public sealed class UserSharesTests
{
    [Fact]
    public void After_its_share_of_a_scan_a_user_waits_for_the_others()
    {
        if (Users.EffectiveUid != 0)
            return; // only root can give files to others
        using MailFlow flow = new();
        const int Heap = MaildropScan.Share * 2;
        for (int i = 0; i < Heap; i++)
            FileSystem.ChangeOwner(flow.Drop($"A{i:X6}", []), 1001, uint.MaxValue, FileKind.Regular);
        FileSystem.ChangeOwner(flow.Drop("B0000001", []), 1002, uint.MaxValue, FileKind.Regular);
        MaildropScan scan = new(flow.Queues, TimeProvider.System, new PickupLog(flow.Lines));
        scan.Want();
        List<string> order = [];
        while (scan.IsDue)
        {
            if (scan.Next() is not { } entry)
                continue;
            order.Add(entry.Id.ToString());
            FileSystem.TryRemove(entry.Path);
            scan.Done(entry, Outcome.Gone);
        }
        Assert.Equal(Heap + 1, order.Count);
        Assert.InRange(order.IndexOf("B0000001"), 0, MaildropScan.Share);
    }

    // What he writes into maildrop by hand is damaged for ever, and out of his reach when it is put away.
    [Fact]
    public void Of_a_users_damaged_mail_a_share_is_kept()
    {
        using MailFlow flow = new();
        for (int i = 0; i < CorruptShare.Files + 5; i++)
            flow.Drop($"A{i:X6}", MailFlow.Encode("Zx"));
        flow.RunPickup();
        // Four threads count at the same time.
        Assert.InRange(flow.Names(QueueName.Corrupt).Count, CorruptShare.Files, CorruptShare.Files + 3);
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.Contains(flow.Log, static line => line.EndsWith(
            $"damaged, and removed: uid={Users.EffectiveUid} has 100 files or 100 MB in corrupt already", StringComparison.Ordinal));
        // What is no damage, but refused, sendmail may have taken.
        flow.Drop("D000000", MailFlow.Encode("T1 0|Sa@b.test|M|Nx|X|E"));
        flow.RunPickup();
        Assert.Contains("D000000", flow.Names(QueueName.Corrupt));
        // His good mail is not the worse for it, and what the system itself wrote is kept in any case.
        flow.Drop("B000000", MailFlow.Encode("T1 0|Sa@b.test|Rc@d.test|M|Nx|X|E"));
        flow.Pickup = flow.Pickup with { OwnerUid = Users.EffectiveUid };
        flow.Drop("C000000", MailFlow.Encode("Zx"));
        flow.RunPickup();
        Assert.Single(flow.Names(QueueName.Incoming));
        Assert.Contains("C000000", flow.Names(QueueName.Corrupt));
    }

    // He can make a million files that are no mail, or are closed to us, and each scan meets them.
    [Fact]
    public void The_log_is_not_told_of_any_number_of_files()
    {
        ManualClock clock = new();
        WarnedNames warned = new(clock);
        for (int round = 0; round < 2; round++)
        {
            int told = Enumerable.Range(0, 3 * WarnedNames.Limit).Count(i => warned.IsNew($"maildrop/{i}"));
            Assert.Equal(round == 0 ? WarnedNames.Limit : 0, told);
        }
        clock.Advance(3600);
        Assert.True(warned.IsNew("maildrop/1"));
        Assert.False(warned.IsNew("maildrop/1"));
    }

    [Theory] // sizes of what is there, and of what comes, in MB
    [InlineData("", 500, true)]
    [InlineData("60", 40, true)]
    [InlineData("60", 41, false)]
    [InlineData("500", 0, false)]
    [InlineData("60 others", 41, true)]
    public void The_share_is_one_of_room_too(string there, int size, bool isKept)
    {
        using MailFlow flow = new();
        if (there.Length > 0)
        {
            string path = flow.Queues.DirectoryOf(QueueName.Corrupt) + "/A000000_77";
            using (FileStream file = File.Create(path))
                file.SetLength(long.Parse(there.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) << 20);
        }
        FileStatus comes = FileSystem.Status(flow.Drop("B000000", []))!.Value;
        Assert.Equal(isKept, new CorruptShare(flow.Queues).HasRoomFor(
            comes with { Size = (long)size << 20, Uid = there.EndsWith("others", StringComparison.Ordinal) ? comes.Uid + 1 : comes.Uid }));
    }
}
