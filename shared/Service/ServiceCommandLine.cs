namespace PostfixNet.Service;

/// <summary>What master says to a service that it starts, or to a program that it asks to check its settings.</summary>
/// <param name="Directory">Holds main.toml.</param>
/// <param name="Services">Names in master.toml: one, or, for a check, all that run the program.</param>
/// <param name="IsCheck">Only look at the settings.</param>
/// <param name="Arguments">Those of master.toml.</param>
public sealed record ServiceCommandLine(string Directory, IReadOnlyList<string> Services, bool IsCheck, IReadOnlyList<string> Arguments)
{
    private const string CheckWord = "--check";

    /// <summary>The words for a program.</summary>
    public string[] ToWords() =>
        ["-c", Directory, .. Services.SelectMany(static service => (string[])["-n", service]), .. IsCheck ? (string[])[CheckWord] : [], "--", .. Arguments];

    /// <returns>null: this is not what master says.</returns>
    public static ServiceCommandLine? Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words is not ["-c", var directory, ..])
            return null;
        List<string> services = [];
        int at = 2;
        for (; at + 1 < words.Count && words[at] == "-n"; at += 2)
            services.Add(words[at + 1]);
        bool isCheck = at < words.Count && words[at] == CheckWord;
        at += isCheck ? 1 : 0;
        bool hasArguments = at < words.Count && words[at] == "--";
        // A service is one, and always has the mark.
        if (services.Count == 0 || (!isCheck && (services.Count > 1 || !hasArguments)) || (!hasArguments && at < words.Count))
            return null;
        return new ServiceCommandLine(directory, services, isCheck, [.. words.Skip(at + 1)]);
    }
}
