using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Master.Import;

/// <summary>Writes main.toml and master.toml.</summary>
internal static class TomlWriter
{
    private const int LongestLine = 100;

    /// <summary>main.toml.</summary>
    /// <param name="directory">Where it will be.</param>
    /// <param name="source">Where main.cf was, for its first line.</param>
    internal static string MainToml(Plan plan, string directory, string source)
    {
        StringBuilder toml = new();
        toml.Append("# Made by \"master import\" from the main.cf of ").Append(PrintableText.Of(source)).Append(". What each parameter means: conf/main.toml, docs/.\n\n");
        foreach (PlannedParameter parameter in plan.Parameters)
            toml.Append(parameter.Name).Append(" = ").Append(Value(parameter, directory)).Append('\n');
        return toml.ToString();
    }

    /// <summary>master.toml.</summary>
    /// <inheritdoc cref="MainToml"/>
    internal static string MasterToml(Plan plan, string directory, string source)
    {
        StringBuilder toml = new();
        toml.Append("# Made by \"master import\" from the master.cf of ").Append(PrintableText.Of(source)).Append(". What each line means: conf/master.toml.\n");
        foreach (PlannedService service in plan.Services)
        {
            toml.Append("\n[service.").Append(Key(service.Name)).Append("]\n");
            if (service.Listen is not null)
                toml.Append("type = \"inet\"\nlisten = [").Append(Text(service.Listen)).Append("]\n");
            if (service.IsPublic)
                toml.Append("private = false\n");
            if (service.Wakeup.Length > 0)
                toml.Append("wakeup = ").Append(service.Wakeup.All(char.IsAsciiDigit) ? service.Wakeup : Text(service.Wakeup)).Append('\n');
            if (service.Limit is { } limit)
                toml.Append(CultureInfo.InvariantCulture, $"process_limit = {limit}\n");
            toml.Append("command = ").Append(Text(service.Command)).Append('\n');
            List<string> words = [.. service.Arguments];
            foreach (PlannedParameter option in service.Options)
                words.AddRange(["-o", $"{option.Name}={OptionText(option, directory)}"]);
            if (words.Count > 0)
                toml.Append("args = [").Append(words.Count <= 2 ? string.Join(", ", words.Select(Text)) : string.Concat(Pairs(words).Select(static line => $"\n    {line},")) + "\n").Append("]\n");
        }
        return toml.ToString();
    }

    // "-o" and what follows it on one line.
    private static IEnumerable<string> Pairs(List<string> words)
    {
        for (int i = 0; i < words.Count; i++)
            yield return words[i] == "-o" ? $"{Text("-o")}, {Text(words[++i])}" : Text(words[i]);
    }

    /// <summary>The text of an option, in which "$" means what it means in main.toml.</summary>
    internal static string OptionText(PlannedParameter option, string directory) => string.Join(' ', Meant(option, directory).Split('\n'));

    private static string Meant(PlannedParameter parameter, string directory) => !parameter.IsLiteral ? parameter.Written
        : (parameter.IsSecret ? parameter.Expanded : Escaped(parameter)).Replace(Plan.Target, directory, StringComparison.Ordinal);

    // What stands for a table of main.toml is no text: it stays a name.
    private static string Escaped(PlannedParameter parameter) => parameter.Name == "local_recipient_maps"
        ? parameter.Expanded.Replace("$", "$$", StringComparison.Ordinal).Replace("$$alias_maps", "$alias_maps", StringComparison.Ordinal)
        : parameter.Expanded.Replace("$", "$$", StringComparison.Ordinal);

    private static string Value(PlannedParameter parameter, string directory)
    {
        string text = Meant(parameter, directory);
        switch (PostfixParameters.Form(parameter.Name))
        {
            case ValueForm.Flag when text.Equals("yes", StringComparison.OrdinalIgnoreCase):
                return "true";
            case ValueForm.Flag when text.Equals("no", StringComparison.OrdinalIgnoreCase):
                return "false";
            case ValueForm.Number when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number):
                return number.ToString(CultureInfo.InvariantCulture);
            case ValueForm.List when Items(text) is { Count: > 1 } items:
                string line = $"[{string.Join(", ", items.Select(Text))}]";
                return line.Length + parameter.Name.Length <= LongestLine ? line : $"[\n{string.Concat(items.Select(static item => $"    {Text(item)},\n"))}]";
            default:
                return Text(string.Join(' ', text.Split('\n')));
        }
    }

    // Between commas and line ends outside of braces, as whoever wrote it grouped them.
    private static List<string> Items(string text)
    {
        List<string> items = [];
        (int start, int depth) = (0, 0);
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (depth == 0 && text[i] is ',' or '\n'))
            {
                if (text[start..i].Trim() is { Length: > 0 } item)
                    items.Add(item);
                start = i + 1;
            }
            else if (text[i] == '{')
            {
                depth++;
            }
            else if (text[i] == '}' && depth > 0)
            {
                depth--;
            }
        }
        // A comment or a line end within braces does not matter.
        return [.. items.Select(static item => string.Join(' ', item.Split('\n', StringSplitOptions.TrimEntries)))];
    }

    private static string Key(string name) => name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? name : Text(name);

    private static string Text(string text)
    {
        StringBuilder quoted = new("\"", text.Length + 2);
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }
}
