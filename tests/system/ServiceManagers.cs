using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>systemd, and what runs containers, know how far the system is; an administrator's mistakes with modes can be taken back.</summary>
public sealed class ServiceManagers
{
    [Theory] // a path, and a name in no directory
    [InlineData(false)]
    [InlineData(true)]
    public void AreToldOfReadinessReloadAndStop(bool isAbstract) => MailSystem.Run(mail =>
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        string name = isAbstract ? $"pfn-notify-{Environment.ProcessId}" : mail.PathOf("notify");
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name : name));
        using Process master = Command.Start(Repository.Program("master"), ["-c", mail.ConfigDirectory, "start-fg"],
            ("NOTIFY_SOCKET", isAbstract ? '@' + name : name));
        Assert.Equal("READY=1", Next(manager));
        mail.Submit(MailSystem.Message("accepted"), "-f", "alice@origin.test", "bob@dest.test");
        mail.Master("reload").Ok();
        Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=\d+$", Next(manager));
        Assert.Equal("READY=1", Next(manager));
        // One that cannot be read changes nothing, and is over, too.
        mail.Set("queue_run_delay", "soon");
        Assert.Equal(78, mail.Master("reload").Status);
        mail.Set("queue_run_delay", "1s");
        mail.Master("stop").Ok();
        Assert.Equal("STOPPING=1", Next(manager));
        Assert.True(master.WaitForExit(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, master.ExitCode);
    });

    private static string Next(Socket manager)
    {
        byte[] datagram = new byte[1000];
        return Encoding.ASCII.GetString(datagram, 0, manager.Receive(datagram));
    }

    [Theory] // nohup ignores the one, a shell the other in the background
    [InlineData("reload")]
    [InlineData("abort")]
    public void OrdersAreHeardThoughTheStarterIgnoresSignals(string order) => MailSystem.Run(mail =>
    {
        using Process master = Command.Start("/bin/sh", ["-c", "trap '' HUP QUIT TERM; exec \"$0\" \"$@\"", Repository.Program("master"), "-c", mail.ConfigDirectory, "start-fg"]);
        Wait.For("the mail system", () => mail.IsRunning);
        mail.Master(order).Ok();
        if (order == "reload")
        {
            mail.WaitForLog("reload -- version");
            mail.Stop();
        }
        Assert.True(master.WaitForExit(TimeSpan.FromSeconds(10)));
    });

    [Fact]
    public void NoneThatListensIsNoReasonNotToStart() => MailSystem.Run(mail =>
    {
        using Process master = Command.Start(Repository.Program("master"), ["-c", mail.ConfigDirectory, "start-fg"], ("NOTIFY_SOCKET", mail.PathOf("nobody")));
        Wait.For("the mail system", () => mail.IsRunning);
        mail.Stop();
        Assert.True(master.WaitForExit(TimeSpan.FromSeconds(10)));
    });

    [Fact]
    public void DirectoriesGetTheirModesBack() => MailSystem.Run(mail =>
    {
        mail.Master("set-permissions").Ok();
        string[] directories = [.. Directory.GetDirectories(mail.QueueDirectory).Order()];
        UnixFileMode[] modes = [.. directories.Select(File.GetUnixFileMode)];
        Assert.Contains(mail.PathOf("queue/maildrop"), directories);
        foreach (string path in directories)
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        Directory.Delete(mail.PathOf("queue/deferred"));
        mail.Master("set-permissions").Ok();
        Assert.Equal(directories, Directory.GetDirectories(mail.QueueDirectory).Order());
        Assert.Equal(modes, directories.Select(File.GetUnixFileMode));
        mail.Start();
        mail.Submit(MailSystem.Message("accepted"), "-f", "alice@origin.test", "bob@dest.test");
    });
}
