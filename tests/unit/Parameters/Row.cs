using System.Collections.Concurrent;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>One parameter, a value that is not its default, and what a program shows with it and not without.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Value">TOML text.</param>
/// <param name="Probe">A small scene with product code: takes main.toml, gives what somebody outside would see.</param>
/// <param name="Shows">Text that is seen with the value, and not with the default; empty: nothing.</param>
internal sealed record Row(string Parameter, string Value, Func<string, string> Probe, string Shows)
{
    // What is seen with the defaults, once for all rows that share a scene.
    private static readonly ConcurrentDictionary<(Func<string, string> Probe, string With), Lazy<string>> s_usual = [];

    private readonly Lazy<Task<(string Before, string After)>>? _ahead;

    /// <summary>Text that is seen with the default, and not with the value; empty: nothing.</summary>
    internal string Hides { get; init; } = "";

    /// <summary>Other lines of main.toml that the scene needs, with the value and without.</summary>
    internal string With { get; init; } = "";

    /// <summary>The scene takes a second or more, since somebody in it has to be late: all of those run at the same time.</summary>
    internal bool IsSlow
    {
        get => _ahead is not null;
        init => _ahead = value ? new(() => Task.Factory.StartNew(See, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)) : null;
    }

    /// <summary>A slow scene begins.</summary>
    internal void Begin() => _ = _ahead?.Value;

    /// <summary>The value makes the difference.</summary>
    internal void Check()
    {
        (string before, string after) = _ahead is null ? See() : _ahead.Value.GetAwaiter().GetResult();
        Assert.NotEqual("", Shows + Hides);
        Assert.True(Shows.Length == 0 || after.Contains(Shows, StringComparison.Ordinal), $"with {Parameter} = {Value} there is no \"{Shows}\":\n{Cut(after)}");
        Assert.False(Shows.Length > 0 && before.Contains(Shows, StringComparison.Ordinal), $"without {Parameter} there is \"{Shows}\", too:\n{Cut(before)}");
        Assert.True(Hides.Length == 0 || before.Contains(Hides, StringComparison.Ordinal), $"without {Parameter} there is no \"{Hides}\":\n{Cut(before)}");
        Assert.False(Hides.Length > 0 && after.Contains(Hides, StringComparison.Ordinal), $"with {Parameter} = {Value} there is \"{Hides}\", too:\n{Cut(after)}");
    }

    private static string Cut(string text) => text.Length < 4000 ? text : $"{text[..2000]}\n...\n{text[^2000..]}";

    private (string Before, string After) See() =>
        (s_usual.GetOrAdd((Probe, With), static scene => new(() => scene.Probe(scene.With))).Value, Probe($"{Parameter} = {Value}\n{With}"));

    /// <summary>Test cases: a number, which a name may have several of, and the name.</summary>
    internal static TheoryData<int, string> Cases(IReadOnlyList<Row> rows)
    {
        TheoryData<int, string> cases = [];
        for (int i = 0; i < rows.Count; i++)
            cases.Add(i, rows[i].Parameter);
        return cases;
    }

    /// <summary>main.toml of some lines, without those that others take the place of.</summary>
    /// <param name="usual">Lines "name = value".</param>
    /// <param name="toml">The others.</param>
    internal static string Merge(string usual, string toml)
    {
        HashSet<string> given = [.. toml.Split('\n').Select(NameOf)];
        return string.Join('\n', usual.Split('\n').Where(line => !given.Contains(NameOf(line)) || NameOf(line).Length == 0)) + "\n" + toml;
    }

    /// <inheritdoc cref="Merge"/>
    /// <param name="path">Of main.toml.</param>
    internal static MainConfig Config(string usual, string toml, string path = "main.toml") => MainConfig.FromText(Merge(usual, toml), path);

    private static string NameOf(string line) => line.Contains(" = ", StringComparison.Ordinal) ? line[..line.IndexOf(" = ", StringComparison.Ordinal)] : "";
}
