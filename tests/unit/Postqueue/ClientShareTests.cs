using Microsoft.Win32.SafeHandles;
using PostfixNet.Postqueue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

/// <summary>No user has all processes of showq.</summary>
public sealed class ClientShareTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void A_user_has_a_share_and_others_have_theirs()
    {
        ClientShare share = new($"{_directory.Path}/clients", TimeSpan.Zero);
        List<SafeFileHandle?> taken = [.. Enumerable.Range(0, ClientShare.Most).Select(_ => share.TryTake(1000))];
        Assert.All(taken, Assert.NotNull);
        Assert.Null(share.TryTake(1000));
        using (SafeFileHandle? other = share.TryTake(1001))
            Assert.NotNull(other);
        using (SafeFileHandle? last = share.TryTake(uint.MaxValue - 1))
            Assert.NotNull(last);
        taken[2]!.Dispose();
        taken[2] = share.TryTake(1000);
        Assert.NotNull(taken[2]);
        taken.ForEach(static one => one!.Dispose());
    }

    [Fact]
    public async Task Who_waits_gets_the_place_of_another_one_who_is_served()
    {
        ClientShare share = new($"{_directory.Path}/clients", TimeSpan.FromMinutes(1));
        List<SafeFileHandle?> taken = [.. Enumerable.Range(0, ClientShare.Most).Select(_ => share.TryTake(1000))];
        Task<SafeFileHandle?> waiting = Task.Run(() => share.TryTake(1000));
        taken[0]!.Dispose();
        using SafeFileHandle? got = await waiting;
        Assert.NotNull(got);
        taken.ForEach(static one => one!.Dispose());
    }

    public void Dispose() => _directory.Dispose();
}
