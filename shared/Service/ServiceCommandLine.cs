using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Service;

/// <summary>What master says to a service that it starts, or to a program that it asks to check its settings.</summary>
/// <param name="Directory">Holds main.toml.</param>
/// <param name="Services">Names in master.toml: one, or, for a check, all that run the program.</param>
/// <param name="IsCheck">Only look at the settings.</param>
/// <param name="Arguments">Those of master.toml.</param>
/// <param name="Listeners">How many listening sockets master hands over, from <see cref="ServiceContext.ListenerNumber"/> on.</param>
public sealed record ServiceCommandLine(string Directory, IReadOnlyList<string> Services, bool IsCheck, IReadOnlyList<string> Arguments, int Listeners = 1)
{
    private const string CheckWord = "--check", TellWord = "--tell";

    /// <summary>What the program is asked about its settings, in words of its own; empty: nothing.</summary>
    public IReadOnlyList<string> Question { get; init; } = [];

    /// <summary>The words for a program.</summary>
    public string[] ToWords() =>
    [
        "-c", Directory, .. Services.SelectMany(static service => (string[])["-n", service]),
        .. Question.SelectMany(static word => (string[])[TellWord, word]),
        .. IsCheck ? (string[])[CheckWord] : Listeners > 1 ? ["-l", Listeners.ToString(CultureInfo.InvariantCulture)] : [], "--", .. Arguments,
    ];

    /// <summary>Parameters that hold for this service alone, of the arguments "-o name=value" and "-oname=value".</summary>
    /// <exception cref="ConfigurationException">One is no name and value.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> Overrides()
    {
        List<KeyValuePair<string, string>> found = [];
        foreach (string text in Options().Where(static option => option.IsOverride).Select(static option => option.Text))
        {
            string pair = text is ['{', .., '}'] ? text[1..^1].Trim() : text;
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ConfigurationException($"service {Services[0]}: \"-o {text}\" is not understood; give -o name=value");
            found.Add(new(pair[..equals].Trim(), pair[(equals + 1)..].Trim()));
        }
        return found;
    }

    /// <summary>The arguments that are the program's own.</summary>
    public IEnumerable<string> OwnArguments() => Options().Where(static option => !option.IsOverride).Select(static option => option.Text);

    private IEnumerable<(bool IsOverride, string Text)> Options()
    {
        for (int i = 0; i < Arguments.Count; i++)
        {
            string argument = Arguments[i];
            if (argument == "-o")
                yield return (true, ++i < Arguments.Count ? Arguments[i] : "");
            else
                yield return argument.StartsWith("-o", StringComparison.Ordinal) ? (true, argument[2..]) : (false, argument);
        }
    }

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
        List<string> question = [];
        for (; at + 1 < words.Count && words[at] == TellWord; at += 2)
            question.Add(words[at + 1]);
        bool isCheck = at < words.Count && words[at] == CheckWord;
        at += isCheck ? 1 : 0;
        int listeners = 1;
        if (!isCheck && at + 1 < words.Count && words[at] == "-l" && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out listeners))
            at += 2;
        bool hasArguments = at < words.Count && words[at] == "--";
        // A service is one, and always has the mark.
        if (services.Count == 0 || (!isCheck && (services.Count > 1 || !hasArguments)) || (!hasArguments && at < words.Count))
            return null;
        return new ServiceCommandLine(directory, services, isCheck, [.. words.Skip(at + 1)], listeners) { Question = question };
    }
}
