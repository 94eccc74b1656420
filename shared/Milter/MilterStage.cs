namespace PostfixNet.Milter;

/// <summary>Stages with macros of their own. The first seven have the numbers by which a milter names them.</summary>
public enum MilterStage
{
    /// <summary>The client has connected.</summary>
    Connect,
    /// <summary>HELO or EHLO.</summary>
    Helo,
    /// <summary>MAIL.</summary>
    Mail,
    /// <summary>RCPT.</summary>
    Rcpt,
    /// <summary>DATA or the first BDAT.</summary>
    Data,
    /// <summary>The body, and its end.</summary>
    EndOfMessage,
    /// <summary>The headers, and their end.</summary>
    EndOfHeaders,
    /// <summary>A command that nobody knows.</summary>
    Unknown,
}

/// <summary>The names of the macros that are told at each stage (milter_*_macros), and values for those that are not known.</summary>
/// <param name="Names">By stage; as they are written: "j", "{auth_type}".</param>
/// <param name="Defaults">milter_macro_defaults, by name without braces.</param>
public sealed record MilterMacros(IReadOnlyList<IReadOnlyList<string>> Names, IReadOnlyDictionary<string, string> Defaults)
{
    /// <summary>The macros that have a value, with it.</summary>
    /// <param name="names">As written.</param>
    /// <param name="values">Value of a name without braces; null: it has none.</param>
    internal List<KeyValuePair<string, string>> Evaluate(IReadOnlyList<string> names, Func<string, string?> values)
    {
        List<KeyValuePair<string, string>> found = new(names.Count);
        foreach (string name in names)
        {
            string bare = Bare(name);
            if ((values(bare) ?? Defaults.GetValueOrDefault(bare)) is { } value)
                found.Add(new(name, value));
        }
        return found;
    }

    /// <summary>Without braces.</summary>
    internal static string Bare(string name) => name is ['{', .., '}'] ? name[1..^1] : name;
}
