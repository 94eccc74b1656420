using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>A service of master.cf.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Name">"smtp", "127.0.0.1:10025", ...</param>
/// <param name="Type">inet, unix, unix-dgram, fifo, pass.</param>
/// <param name="Chroot">"y", "n" or "-".</param>
/// <param name="Wakeup">"60", "1000?", "-".</param>
/// <param name="Limit">Processes at once: a number, or "-".</param>
/// <param name="Command">The program.</param>
/// <param name="Options">What "-o" gives, in its order.</param>
/// <param name="Arguments">All other arguments.</param>
internal sealed record MasterCfEntry(int Line, string Name, string Type, string Chroot, string Wakeup, string Limit, string Command,
    IReadOnlyList<KeyValuePair<string, string>> Options, IReadOnlyList<string> Arguments)
{
    /// <summary>"smtp/inet": of two entries with one key, the last holds.</summary>
    internal string Key => $"{Name}/{Type}";

    /// <summary>The value that an option gives; null: none does.</summary>
    internal string? Option(string name) => Options.LastOrDefault(option => option.Key == name) is { Key: not null } found ? found.Value : null;
}

/// <summary>Reads master.cf.</summary>
internal static class MasterCf
{
    private const int Fields = 8;
    private static readonly string[] s_types = ["inet", "unix", "unix-dgram", "fifo", "pass"];

    /// <exception cref="ConfigurationException">A line is no service: Postfix does not start with it, either.</exception>
    internal static IReadOnlyList<MasterCfEntry> Read(IReadOnlyList<PostfixLine> lines, string path) => [.. lines.Select(line => Parse(line, path))];

    private static MasterCfEntry Parse(PostfixLine line, string path)
    {
        List<string> words = Words(line, path);
        if (words.Count < Fields)
            throw Wrong(line, path, $"{words.Count} fields of {Fields}");
        if (!s_types.Contains(words[1]))
            throw Wrong(line, path, $"the type is none of {string.Join(", ", s_types)}");
        List<KeyValuePair<string, string>> options = [];
        List<string> arguments = [];
        for (int i = Fields; i < words.Count; i++)
        {
            // Options end at the first word that is none: what follows is the program's, "-oi" too.
            if (!words[i].StartsWith("-o", StringComparison.Ordinal) || arguments.Exists(static word => !word.StartsWith('-')))
            {
                arguments.Add(words[i]);
                continue;
            }
            string option = words[i].Length > 2 ? words[i][2..].Trim() : i + 1 < words.Count ? words[++i] : throw Wrong(line, path, "nothing follows \"-o\"");
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw Wrong(line, path, "what follows \"-o\" is no name=value");
            options.Add(new(option[..equals].Trim(), option[(equals + 1)..].Trim()));
        }
        return new MasterCfEntry(line.Number, words[0], words[1], words[4], words[5], words[6], words[7], options, arguments);
    }

    // Between blanks; what is in braces is one word, and loses them.
    private static List<string> Words(PostfixLine line, string path)
    {
        List<string> words = [];
        string text = line.Text;
        for (int at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            int start = at, depth = 0;
            for (; at < text.Length && (depth > 0 || !char.IsWhiteSpace(text[at])); at++)
            {
                if (text[at] == '{')
                    depth++;
                else if (text[at] == '}' && depth > 0)
                    depth--;
            }
            if (depth > 0)
                throw Wrong(line, path, "\"{\" without \"}\"");
            string word = text[start..at];
            words.Add(word is ['{', .., '}'] && words.Count >= Fields ? word[1..^1].Trim() : word);
        }
        return words;
    }

    private static ConfigurationException Wrong(PostfixLine line, string path, string problem) =>
        new(path, line.Number, 1, $"{problem}; Postfix does not start with this file, either");
}
