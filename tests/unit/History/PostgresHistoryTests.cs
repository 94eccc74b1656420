using PostfixNet.History;
using PostfixNet.Sql;

namespace PostfixNet.UnitTests.History;

/// <summary>In a server of PostgreSQL, where it is installed (Debian: postgresql); else these say nothing.</summary>
/// <param name="server">For all of them.</param>
/// <param name="output">Told when there is none.</param>
public sealed class PostgresHistoryTests(PostgresServer server, Xunit.Abstractions.ITestOutputHelper output) : HistoryTests, IClassFixture<PostgresServer>
{
    private protected override IDatabase? NewDatabase()
    {
        if (PostgresServer.Programs is not null)
            return server.NewDatabase();
        output.WriteLine("PostgreSQL is not installed: nothing was tried");
        return null;
    }

    [Fact]
    public void Two_mail_systems_do_not_write_into_the_same_tables()
    {
        if (PostgresServer.Programs is null)
            return;
        using IDatabase one = new PostgresDatabase(PostgresDatabase.Parse($"{server.Settings};Search Path=shared"));
        using IDatabase other = new PostgresDatabase(PostgresDatabase.Parse($"{server.Settings};Search Path=shared"));
        using (HistoryKeeper first = new(one, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log)))
        {
            first.Open();
            using HistoryKeeper second = new(other, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log));
            Assert.Contains("another mail system writes into schema shared", Assert.Throws<DatabaseException>(() => second.Open()).Message, StringComparison.Ordinal);
        }
        using HistoryKeeper third = new(other, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log));
        third.Open();
    }

    [Fact]
    public void A_question_has_a_time_limit_and_writes_nothing()
    {
        if (PostgresServer.Programs is null)
            return;
        using IDatabase database = server.NewDatabase();
        using System.Data.Common.DbConnection connection = database.Connect(toWrite: false, TimeSpan.FromMilliseconds(50));
        using Statement endless = new(connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT COUNT(*) FROM n");
        Assert.Contains("statement timeout", Assert.ThrowsAny<System.Data.Common.DbException>(() => endless.Value()).Message, StringComparison.Ordinal);
        using Statement write = new(connection, "CREATE TABLE strange (number BIGINT)");
        Assert.Contains("read-only", Assert.ThrowsAny<System.Data.Common.DbException>(() => write.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_cannot_be_used_is_told_in_one_line()
    {
        if (PostgresServer.Programs is null)
            return;
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "secret without any colon\n");
            using PostgresDatabase database = new PostgresDatabase(PostgresDatabase.Parse($"{server.SettingsOfSecretUser};Passfile={path}"));
            string said = Assert.ThrowsAny<DatabaseException>(() => database.Connect(toWrite: false)).Message;
            Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', said);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("Host=x;Password=secret", "must not have a password")]
    [InlineData("Host=x;SSL Password=secret", "must not have a password")]
    [InlineData("Host=x;Search Path=\"mail,public\"", "give one schema")]
    [InlineData("Database=mail", "\"Host\" is missing")]
    [InlineData("Colour=blue", "give e.g.")]
    public void Settings_are_checked(string text, string problem)
    {
        string said = Assert.Throws<FormatException>(() => PostgresDatabase.Parse(text)).Message;
        Assert.Contains(problem, said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }
}
