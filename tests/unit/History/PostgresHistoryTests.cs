using PostfixNet.History;

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
            Assert.Contains("another mail system writes into schema shared", Assert.Throws<HistoryException>(() => second.Open()).Message, StringComparison.Ordinal);
        }
        using HistoryKeeper third = new(other, TimeSpan.FromDays(7), long.MaxValue, Clock, new PostfixNet.History.Log(Log));
        third.Open();
    }

    [Theory]
    [InlineData("Host=x;Password=secret", "must not have a password")]
    [InlineData("Database=mail", "\"Host\" is missing")]
    [InlineData("Colour=blue", "give e.g.")]
    public void Settings_are_checked(string text, string problem)
    {
        string said = Assert.Throws<FormatException>(() => PostgresDatabase.Parse(text)).Message;
        Assert.Contains(problem, said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }
}
