using PostfixNet.Configuration;
using PostfixNet.Master;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of master, as far as one process shows them; for the others see ParametersOfProcesses among the tests of the whole system.</summary>
public sealed class MasterRows
{
    internal static readonly Row[] All =
    [
        new("master_service_disable", "['relay.unix']", Services, "") { Hides = "relay" },
        new("import_environment", "['LANG=X']", static toml => string.Join('\n', MasterSettings.Read(MainConfig.FromText(toml)).Environment), "LANG=X"),
    ];

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    private static string Services(string toml) =>
        string.Join('\n', MasterConfig.Load(Path.Combine(Vectors.Directory, "..", "..", "conf"), MainConfig.FromText(toml)).Services.Select(static service => service.Name));
}
