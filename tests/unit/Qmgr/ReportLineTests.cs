using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using QmgrLog = PostfixNet.Qmgr.Log;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Review 15: a service whose socket cannot be reached, for whatever reason, is one that fails.</summary>
public sealed class ReportLineTests
{
    [Fact]
    public void A_service_that_cannot_be_reached_is_told_later_and_not_thrown()
    {
        using EventLoop loop = new();
        LogRecord log = new();
        using ReportLine line = new(loop, "no-such-service", new Settings(MainConfig.FromText("")), new QmgrLog(log));
        bool? result = null;
        _ = QueueId.TryParse("AAAAA1", out QueueId id);
        line.Ask(new BounceRequest.Remove(id), done =>
        {
            result = done;
            loop.Stop();
        });
        Assert.Null(result);
        loop.Run();
        Assert.False(result);
        Assert.Contains("no-such-service", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    // As any other trouble of a socket, and as qmgr catches it.
    [Fact]
    public void A_closed_directory_is_an_error_like_others()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Path + "/private/bounce";
        Directory.CreateDirectory(directory.Path + "/private");
        using Descriptor listener = Descriptor.ListenUnix(path, 0x1B6);
        FileSystem.ChangeMode(directory.Path + "/private", 0);
        OrdinaryUser.Run(() => Assert.True(Assert.IsType<SystemCallException>(
            Assert.ThrowsAny<IOException>(() => Descriptor.ConnectUnix(path, TimeSpan.Zero))).IsForbidden));
        FileSystem.ChangeMode(directory.Path + "/private", 0x1C0);
    }
}
