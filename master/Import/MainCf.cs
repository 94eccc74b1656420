using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>One "name = value" of main.cf.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Value">As written, lines and all.</param>
internal sealed record MainCfEntry(int Line, string Name, string Value)
{
    /// <summary>Postfix warns that it begins with a blank.</summary>
    internal bool BeginsWithBlank { get; init; }
}

/// <summary>main.cf: what it says, line by line. Of two entries with one name the last holds.</summary>
internal sealed class MainCf
{
    private readonly Dictionary<string, MainCfEntry> _last = new(StringComparer.Ordinal);

    private MainCf(IReadOnlyList<MainCfEntry> entries)
    {
        Entries = entries;
        foreach (MainCfEntry entry in entries)
            _last[entry.Name] = entry;
    }

    /// <summary>In the order of the file.</summary>
    internal IReadOnlyList<MainCfEntry> Entries { get; }

    /// <summary>The entry that holds; null: the default does.</summary>
    internal MainCfEntry? Find(string name) => _last.GetValueOrDefault(name);

    /// <exception cref="ConfigurationException">A line is no "name = value": Postfix does not start with it, either.</exception>
    internal static MainCf Read(IReadOnlyList<PostfixLine> lines, string path) => new([.. lines.Select(line => Parse(line, path))]);

    private static MainCfEntry Parse(PostfixLine line, string path)
    {
        int equals = line.Text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? line.Text : line.Text[..equals].TrimEnd();
        if (equals < 0 || name.Length == 0 || name.Any(char.IsWhiteSpace))
            throw new ConfigurationException(path, line.Number, 1, "no \"name = value\"; Postfix does not start with this file, either");
        return new MainCfEntry(line.Number, name, line.Text[(equals + 1)..].Trim()) { BeginsWithBlank = line.BeginsWithBlank };
    }
}
