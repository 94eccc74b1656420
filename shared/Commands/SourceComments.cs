using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.Commands;

/// <summary>The comments of parameters in their source files, which a program carries in itself: what they mean, so that it is not written twice.</summary>
/// <remarks>The project embeds the files as "parameters/NAME".</remarks>
public static partial class SourceComments
{
    private const string ParameterFiles = "parameters/";

    /// <summary>What each parameter means, in a line, by its name.</summary>
    /// <param name="assembly">Has the files.</param>
    public static IReadOnlyDictionary<string, string> ParameterMeanings(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        Dictionary<string, string> meanings = [];
        foreach (string file in assembly.GetManifestResourceNames().Where(static name => name.StartsWith(ParameterFiles, StringComparison.Ordinal)))
        {
            foreach ((string text, string code) in Comments(Text(assembly, file)))
            {
                if (Declaration().Match(code) is { Success: true } declared)
                    meanings[declared.Groups["name"].Value] = text.Replace('\n', ' ');
            }
        }
        return meanings;
    }

    private static string Text(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    // Each summary, and the code up to the next semicolon.
    private static IEnumerable<(string Text, string Code)> Comments(string source)
    {
        StringBuilder comment = new(), code = new();
        foreach (string line in source.Split('\n'))
        {
            string trimmed = line.TrimStart();
            if (trimmed.StartsWith("///", StringComparison.Ordinal))
            {
                comment.Append(trimmed.Length > 3 ? trimmed[3] == ' ' ? trimmed[4..] : trimmed[3..] : "").Append('\n');
                continue;
            }
            if (comment.Length == 0)
                continue;
            code.Append(trimmed).Append(' ');
            if (!trimmed.EndsWith(';') && !trimmed.EndsWith('{'))
                continue;
            if (Summary().Match(comment.ToString()) is { Success: true } summary)
                yield return (WebUtility.HtmlDecode(Tag().Replace(Reference().Replace(summary.Groups["text"].Value, "$1"), "")).Trim('\n'), code.ToString());
            comment.Clear();
            code.Clear();
        }
    }

    [GeneratedRegex("<summary>(?<text>.*)</summary>", RegexOptions.Singleline)]
    private static partial Regex Summary();

    [GeneratedRegex("<see cref=\"(?:\\w+\\.)*(\\w+)[^\"]*\"/>")]
    private static partial Regex Reference();

    [GeneratedRegex("</?[a-z]+>")]
    private static partial Regex Tag();

    // The first text of the declaration is the name.
    [GeneratedRegex("public static readonly Parameter<[^=]*=[^\"]*\"(?<name>\\w+)\"")]
    private static partial Regex Declaration();
}
