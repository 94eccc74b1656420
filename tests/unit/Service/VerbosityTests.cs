using System.Net;
using PostfixNet.Log;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Service;

/// <summary>Which conversations are logged line by line (S1-39).</summary>
public sealed class VerbosityTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("192.0.2.7");

    [Fact]
    public void What_an_operator_asks_for_holds_from_the_next_conversation_on()
    {
        using TemporaryDirectory directory = new();
        Verbosity smtp = new(directory.Path, "smtp"), relay = new(directory.Path, "relay");
        Assert.False(smtp.Has("mx.example.com", s_address));
        VerboseList.None.With(new Verbose(0, "smtp", "example.com"), 100).Write(directory.Path);
        Assert.True(smtp.Has("mx.example.com", s_address));
        Assert.False(smtp.Has("mx.example.org", s_address));
        Assert.False(relay.Has("mx.example.com", s_address));
        VerboseList.Read(directory.Path).With(new Verbose(0, "", "192.0.2.0/24"), 100).Write(directory.Path);
        Assert.True(relay.Has("unknown", s_address));
        Assert.False(relay.Has("unknown", null));
        VerboseList.None.Write(directory.Path);
        Assert.False(smtp.Has("mx.example.com", s_address));
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void It_ends_with_its_time()
    {
        VerboseList list = VerboseList.None.With(new Verbose(200, "smtp", ""), 100);
        Assert.True(list.Has("smtp", "x", null, 199));
        Assert.False(list.Has("smtp", "x", null, 200));
        Assert.Equal([new Verbose(300, "smtp", "")], list.With(new Verbose(300, "smtp", ""), 150).Entries); // in its place
        Assert.Equal([new Verbose(0, "relay", "")], list.With(new Verbose(0, "relay", ""), 250).Entries); // without what is over
    }

    [Theory]
    [InlineData("no list\n")]
    [InlineData("0 smtp 192.0.2.0/99\n")]
    [InlineData("x * *\n")]
    public void A_file_that_says_nothing_logs_nothing(string content)
    {
        using TemporaryDirectory directory = new();
        directory.File(VerboseList.FileName, System.Text.Encoding.ASCII.GetBytes(content));
        Assert.Empty(VerboseList.Read(directory.Path).Entries);
    }
}
