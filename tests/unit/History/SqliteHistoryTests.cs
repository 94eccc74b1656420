using PostfixNet.Events;
using PostfixNet.History;
using PostfixNet.Sql;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.History;

/// <summary>In a file; and what only a file can have.</summary>
public sealed class SqliteHistoryTests : HistoryTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Steps _steps = new();

    private string PathOfFile => $"{_directory.Path}/history.db";

    private protected override IDatabase NewDatabase() => new SqliteDatabase(PathOfFile);

    void IDisposable.Dispose()
    {
        Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(0, "no database at all, but something that somebody put there")]
    [InlineData(4096 * 3, "rubbish in the midst of it")]
    public void A_damaged_file_is_put_away_and_a_new_one_made(int at, string rubbish)
    {
        using IDatabase database = NewDatabase();
        HistoryKeeper NewKeeper() => new(database, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log));
        using (HistoryKeeper keeper = NewKeeper())
        {
            keeper.Open();
            for (int i = 0; i < 200; i++)
                keeper.Take(_steps.Delivery($"A{i}"), new EventPosition(1, i), 0);
        }
        byte[] content = File.ReadAllBytes(PathOfFile);
        for (int i = 0; at + i < content.Length && i < 20_000; i++)
            content[at + i] = (byte)rubbish[i % rubbish.Length];
        File.WriteAllBytes(PathOfFile, content);

        using HistoryKeeper next = NewKeeper();
        EventPosition position = next.Open();
        try
        {
            next.Take([.. Enumerable.Range(0, 200).SelectMany(i => _steps.Delivery($"A{i}"))], new EventPosition(1, 999), 0);
        }
        catch (IOException)
        {
            // What is found while it is in use; the consumer opens it anew.
            position = next.Open();
        }
        // All is read again.
        Assert.Equal(EventPosition.Beginning, position);
        next.Take(_steps.Delivery("B1"), new EventPosition(1, 5), 0);
        Assert.Equal("B1", new HistorySearch(database, TimeSpan.FromSeconds(30)).Ask(new()).Pieces[0].Cells[0]);
        Assert.True(File.Exists(PathOfFile + SqliteFile.Aside));
        Assert.Matches(@"^warning: the database of the history is damaged \(.*\): it was renamed to .*/history\.db\.damaged, and a new one is made of the events that are kept; mail is not affected$", Assert.Single(Log.Lines));
    }

    // As a disk does it, while the file is in use.
    [Fact]
    public void Damage_that_removing_comes_upon_is_mended_as_well()
    {
        using IDatabase database = NewDatabase();
        using HistoryKeeper keeper = new(database, TimeSpan.FromDays(7), 1, Clock, new PostfixNet.History.Log(Log));
        keeper.Open();
        for (int i = 0; i < 200; i++)
            keeper.Take(_steps.Delivery($"A{i}"), new EventPosition(1, i), 0);
        keeper.Dispose();
        byte[] content = File.ReadAllBytes(PathOfFile);
        content.AsSpan(4096 * 40).Fill((byte)'x');
        File.WriteAllBytes(PathOfFile, content);
        Assert.Equal(new EventPosition(1, 199), keeper.Open());
        Assert.Equal(DatabaseTrouble.Damaged, Assert.Throws<DatabaseException>(keeper.Rest).Trouble);
        Assert.True(File.Exists(PathOfFile + SqliteFile.Aside));
        Assert.Equal(EventPosition.Beginning, keeper.Open());
    }

    [Fact]
    public void A_link_in_the_place_of_the_file_is_not_followed()
    {
        string elsewhere = $"{_directory.Path}/elsewhere";
        File.WriteAllText(elsewhere, "");
        File.CreateSymbolicLink(PathOfFile, elsewhere);
        using IDatabase database = NewDatabase();
        using HistoryKeeper keeper = new(database, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log));
        Assert.Throws<DatabaseException>(() => keeper.Open());
        Assert.Equal("", File.ReadAllText(elsewhere));
    }

    // A question that looks through everything, over and over, ends within its time.
    [Fact]
    public void A_question_has_a_time_limit()
    {
        using IDatabase database = NewDatabase();
        using (HistoryKeeper keeper = new(database, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log)))
            keeper.Open();
        using System.Data.Common.DbConnection connection = database.Connect(toWrite: false);
        using Timer timer = new(_ => database.Interrupt(connection), null, 50, 50);
        using Statement endless = new(connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n");
        Assert.ThrowsAny<System.Data.Common.DbException>(() => endless.Value());
    }
}
