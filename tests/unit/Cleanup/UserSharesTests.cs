using PostfixNet.Native;
using PostfixNet.Pickup;
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
}
