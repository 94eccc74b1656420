using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public class PauseListTests
{
    [Theory]
    [InlineData("transport smtp", true)]
    [InlineData("transport relay", false)]
    [InlineData("destination dest.test", true)]
    [InlineData("destination sub.dest.test", false)]
    [InlineData("destination .test", true)]
    [InlineData("destination .dest.test", false)]
    [InlineData("destination [mx.hub.test]:2525", true)]
    [InlineData("destination mx.hub.test", true)]
    [InlineData("destination MX.Hub.Test", true)]
    [InlineData("destination hub.test", false)]
    [InlineData("from alice@origin.test", true)]
    [InlineData("from Origin.test", true)]
    [InlineData("from bob@origin.test", false)]
    [InlineData("from <>", false)]
    [InlineData("from alice@origin.test destination dest.test", true)]
    [InlineData("from alice@origin.test destination other.test", false)]
    [InlineData("destination other.test from alice@origin.test", false)]
    [InlineData("", true)]
    public void S1_38_S1_52_A_pause_stops_what_fits_all_its_words(string words, bool fits) =>
        Assert.Equal(fits, Parse(words)!.Fits("smtp", "[mx.hub.test]:2525", "alice@Origin.Test", "bob@Dest.Test"));

    [Fact]
    public void The_null_sender_has_a_word_of_its_own() => Assert.True(Parse("from <>")!.Fits("smtp", "a.test", "", "b@a.test"));

    [Theory]
    [InlineData("transport")]
    [InlineData("everything")]
    [InlineData("transport a transport b")]
    [InlineData("to a.test")]
    [InlineData("destination a.test from")]
    public void Other_words_are_refused(string words) => Assert.Null(Parse(words));

    [Fact]
    public void The_list_is_kept_in_a_file()
    {
        using TemporaryDirectory directory = new();
        Assert.Empty(PauseList.Read(directory.Path).Pauses);
        PauseList list = PauseList.None.With(Parse("transport relay")!)!.With(Parse("from <> destination a.test")!)!;
        list.Write(directory.Path);
        PauseList read = PauseList.Read(directory.Path);
        Assert.Null(read.Problem);
        Assert.Equal(list.Pauses, read.Pauses);
        Assert.False(read.IsEverything);
        Assert.Null(read.With(Parse("transport relay")! with { Since = 1 }));
        Assert.Null(read.Without(Parse("transport smtp")!));
        read = read.Without(Parse("transport relay")! with { Since = 1 })!.Without(Parse("destination a.test from <>")!)!;
        read.Write(directory.Path);
        Assert.False(File.Exists(Path.Combine(directory.Path, PauseList.FileName)));
        PauseList.None.With(Parse("")!)!.Write(directory.Path);
        Assert.True(PauseList.Read(directory.Path).IsEverything);
    }

    [Theory]
    [InlineData("destination a.test\n")]
    [InlineData("1 destination a.test")]
    [InlineData("1 destination a.test\n\n")]
    [InlineData("1 desination a.test\n")]
    [InlineData("-1\n")]
    [InlineData("1  transport a\n")]
    [InlineData("\0\0\0\0")]
    public void A_file_that_is_not_understood_pauses_everything(string content)
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(Path.Combine(directory.Path, PauseList.FileName), content);
        PauseList list = PauseList.Read(directory.Path);
        Assert.NotNull(list.Problem);
        Assert.True(list.IsEverything);
    }

    [Fact]
    public void A_file_that_others_can_write_pauses_everything()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, PauseList.FileName);
        File.WriteAllText(path, "1 destination a.test\n");
        FileSystem.ChangeMode(path, 0x180); // 0600
        Assert.Null(PauseList.Read(directory.Path).Problem);
        FileSystem.ChangeMode(path, 0x182); // 0602
        Assert.NotNull(PauseList.Read(directory.Path).Problem);
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/null");
        Assert.NotNull(PauseList.Read(directory.Path).Problem);
    }

    private static Pause? Parse(string words) => Pause.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), 1_795_239_259);
}
