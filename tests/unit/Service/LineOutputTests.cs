using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Service;

/// <summary>A reader that does not read makes nobody wait.</summary>
public sealed class LineOutputTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lines").FullName;

    private string PathOf(string name) => Path.Join(_directory, name);

    [Fact]
    public void Lines_for_a_full_pipe_are_refused_until_there_is_room()
    {
        Process.Start("mkfifo", [PathOf("pipe")]).WaitForExit();
        using FileStream reader = new(PathOf("pipe"), FileMode.Open, FileAccess.ReadWrite); // does not wait for a writer
        using LineOutput output = LineOutput.ToFile(PathOf("pipe"), 0x180);
        string line = new string('x', 999) + "\n";
        int written = 0;
        while (output.TryWrite(line) && written < 10_000)
            written++;
        Assert.InRange(written, 1, 9_999);
        Assert.False(output.IsBroken);
        Assert.False(output.TryWrite(line));
        byte[] some = new byte[1 << 20];
        Assert.True(reader.Read(some) > 0);
        Assert.True(output.TryWrite("again\n"));
    }

    [Fact]
    public void A_pipe_without_reader_is_broken()
    {
        Process.Start("mkfifo", [PathOf("pipe")]).WaitForExit();
        FileStream reader = new(PathOf("pipe"), FileMode.Open, FileAccess.ReadWrite);
        using LineOutput output = LineOutput.ToFile(PathOf("pipe"), 0x180);
        reader.Dispose();
        Assert.False(output.TryWrite("x\n"));
        Assert.True(output.IsBroken);
    }

    [Fact]
    public void A_system_log_that_nobody_reads_refuses_lines()
    {
        using Socket log = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        log.Bind(new UnixDomainSocketEndPoint(PathOf("log")));
        using LineOutput output = LineOutput.ToSocket(PathOf("log"))!;
        Assert.True(output.TryWrite("<22>first"));
        int more = 0;
        while (output.TryWrite("<22>more") && more < 100_000)
            more++;
        Assert.InRange(more, 0, 99_999);
        byte[] datagram = new byte[100];
        Assert.Equal("<22>first", Encoding.ASCII.GetString(datagram, 0, log.Receive(datagram)));
    }

    [Fact]
    public void A_system_log_may_be_a_stream_with_NULs()
    {
        using Socket log = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        log.Bind(new UnixDomainSocketEndPoint(PathOf("log")));
        log.Listen();
        using LineOutput output = LineOutput.ToSocket(PathOf("log"))!;
        using Socket reader = log.Accept();
        Assert.True(output.TryWrite("<22>line"));
        byte[] bytes = new byte[100];
        Assert.Equal("<22>line\0", Encoding.ASCII.GetString(bytes, 0, reader.Receive(bytes)));
    }

    [Fact]
    public void Without_system_log_there_is_none() => Assert.Null(LineOutput.ToSocket(PathOf("none")));

    [Fact]
    public void A_file_is_made_with_its_mode_and_appended_to()
    {
        using (LineOutput output = LineOutput.ToFile(PathOf("file"), 0x1A0 /* 0640 */))
            Assert.True(output.TryWrite("a\n"));
        using (LineOutput output = LineOutput.ToFile(PathOf("file"), 0x180))
            Assert.True(output.TryWrite("b\n"));
        Assert.Equal("a\nb\n", File.ReadAllText(PathOf("file")));
        Assert.Equal(0x1A0, FileSystem.Status(PathOf("file"))!.Value.Mode);
        Assert.Throws<SystemCallException>(() => LineOutput.ToFile(PathOf("none/file"), 0x180));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
