using PostfixNet.Configuration;
using PostfixNet.History;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the history.</summary>
public sealed class HistoryRows
{
    private const string On = "events_enable = true\nhistory_enable = true\n";

    internal static readonly Row[] All =
    [
        new("history_enable", "true", static toml => string.Join('\n', MasterConfig.FromText("[service.history]\nwhen = 'history_enable'\ncommand = 'history'", MainConfig.FromText(toml)).Services.Select(static service => service.Name)), "history"),
        new("history_enable", "true", Seen, "history_enable: the history is made of events, and there are none without events_enable = true"),
        new("history_keep_time", "'1h'", Seen, "KeepTime = 01:00:00") { With = On },
        new("history_size_limit", "2000000", Seen, "SizeLimit = 2000000") { With = On },
        new("history_size_limit", "1000", Seen, "history_size_limit: ") { With = On },
        new("history_database", "'Host=/run/postgresql'", Seen, "Database = Host=/run/postgresql") { With = On },
        new("history_database", "'Host=/run/postgresql;Password=x'", Seen, "history_database: everybody may read it, so it must not have a password") { With = On },
    ];

    private static string Seen(string toml)
    {
        try
        {
            return HistoryOptions.Read(Row.Config("myhostname = 'mta.golden.test'", toml)).ToString();
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }
}
