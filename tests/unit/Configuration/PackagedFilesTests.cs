using System.Text;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>The files of conf/ are documentation that can be wrong: hold them to the program.</summary>
public sealed class PackagedFilesTests
{
    private static readonly string s_conf = Path.Combine(Root(), "conf");

    // A0.5, S4-28, S5-27
    [Fact]
    public void Every_default_shown_in_main_toml_is_the_built_in_one()
    {
        StringBuilder shown = new();
        List<string> names = [];
        foreach (string line in File.ReadLines(Path.Combine(s_conf, "main.toml")))
        {
            // "..." stands for what follows from the system; after the first table there are only examples.
            if (line.StartsWith("#[", StringComparison.Ordinal))
                break;
            int equals = line.IndexOf(" = ", StringComparison.Ordinal);
            if (line.StartsWith('#') && equals > 1 && line[1] != ' ' && !line.EndsWith("\"...\"", StringComparison.Ordinal))
            {
                shown.Append(line, 1, line.Length - 1).Append('\n');
                names.Add(line[1..equals]);
            }
        }
        MainConfig written = MainConfig.FromText(shown.ToString()), builtIn = MainConfig.FromText("");
        Assert.Empty(written.Validate());
        Assert.True(names.Count > 100, $"only {names.Count} parameters found");
        foreach (string name in names)
        {
            Parameter parameter = Parameters.Find(name)!;
            Assert.Equal($"{name} = {Value(builtIn, parameter)}", $"{name} = {Value(written, parameter)}");
        }
    }

    [Fact]
    public void Every_parameter_is_explained_in_main_toml()
    {
        string[] lines = File.ReadAllLines(Path.Combine(s_conf, "main.toml"));
        List<string> wrong = [];
        foreach (string name in Parameters.All.Select(static parameter => parameter.Name))
        {
            int at = Array.FindIndex(lines, line => line.StartsWith($"#{name} = ", StringComparison.Ordinal));
            // Some share an explanation.
            int above = at - 1;
            while (above > 0 && lines[above].StartsWith('#') && !lines[above].StartsWith("# ", StringComparison.Ordinal))
                above--;
            if (at < 0 || !lines[above].StartsWith("# ", StringComparison.Ordinal) || lines[above][^1] is not '.')
                wrong.Add(name);
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_main_toml_as_it_comes_is_good_and_changes_nothing()
    {
        MainConfig config = MainConfig.Load(s_conf);
        Assert.Empty(config.Validate());
    }

    [Fact]
    public void The_master_toml_as_it_comes_has_the_services_of_the_mail_path()
    {
        MainConfig config = MainConfig.FromText("");
        MasterConfig master = MasterConfig.Load(s_conf, config);
        Assert.Equal(["anvil", "bounce", "cleanup", "defer", "lmtp", "logins", "mtasts", "pickup", "qmgr", "relay", "reports", "showq", "smtp", "trace"],
            master.Services.Select(service => service.Name).Order());
        Assert.Equal(1, master.Services.Single(service => service.Name == "qmgr").ProcessLimit);
    }

    private static string Value(MainConfig config, Parameter parameter) => parameter switch
    {
        Parameter<IReadOnlyList<string>> list => string.Join(" ", config.Get(list)),
        Parameter<LookupTable> table => config.Get(table).IsEmpty ? "empty" : "filled",
        Parameter<string> text => config.Get(text),
        Parameter<int> number => $"{config.Get(number)}",
        Parameter<long> number => $"{config.Get(number)}",
        Parameter<bool> flag => $"{config.Get(flag)}",
        Parameter<TimeSpan> time => $"{config.Get(time)}",
        Parameter<MatchList> list => $"{config.Get(list)}",
        Parameter<UserList> list => $"{config.Get(list).IsForAll}",
        Parameter<ActionList> list => $"{config.Get(list)}",
        Parameter<System.Net.IPAddress> address => $"{config.Get(address)}",
        _ => throw new InvalidOperationException(parameter.Name),
    };

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Postfix.Net.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("no Postfix.Net.sln above the tests");
    }
}
