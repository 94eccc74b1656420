namespace PostfixNet.Configuration;

/// <summary>What this system makes of a parameter of Postfix's main.cf.</summary>
public enum PostfixStanding
{
    /// <summary>It works here.</summary>
    Works,
    /// <summary>Postfix has it, this system not, and mail or what is told of it would differ.</summary>
    Refused,
    /// <summary>Postfix has it, this system not, and nobody would notice.</summary>
    Meaningless,
    /// <summary>Postfix does not have it.</summary>
    Unknown,
}

/// <summary>How a value of main.toml is written.</summary>
public enum ValueForm
{
    /// <summary>Text in quotes.</summary>
    Text,
    /// <summary>A whole number.</summary>
    Number,
    /// <summary>true or false.</summary>
    Flag,
    /// <summary>Several words, tables or patterns.</summary>
    List,
}

/// <summary>For whoever reads a configuration of Postfix: names, defaults and reasons, from the tables that judge main.toml.</summary>
public static class PostfixParameters
{
    /// <summary>What is made of a name.</summary>
    public static PostfixStanding Standing(string name) => KnownNames.ParameterFor(name) is not null ? PostfixStanding.Works
        : UnsupportedParameters.Find(name) is not { } unsupported ? PostfixStanding.Unknown
        : unsupported.IsRefused ? PostfixStanding.Refused : PostfixStanding.Meaningless;

    /// <summary>Why one that does not work is not there: "there is no local delivery"; empty: it works, or is none.</summary>
    public static string Reason(string name) => UnsupportedParameters.Find(name)?.Reason ?? "";

    /// <summary>The default, not expanded, and for those that do not work all values that come to the same; empty: it is found out when the system runs, or there is none.</summary>
    public static IReadOnlyList<string> Defaults(string name) => KnownNames.ParameterFor(name) is { } parameter ? parameter.DefaultText is { } text ? [text] : []
        : UnsupportedParameters.Find(name)?.Defaults ?? [];

    /// <summary>The transport that a name such as slow_destination_rate_delay is for; null: it is for none.</summary>
    public static string? TransportOf(string name) => KnownNames.TransportOf(name);

    /// <summary><c>; did you mean "NAME"?</c>, or nothing when no known name is near.</summary>
    public static string Suggestion(string name) => KnownNames.Suggestion(name);

    /// <summary>How the value of a parameter is written.</summary>
    public static ValueForm Form(string name) => KnownNames.ParameterFor(name) switch
    {
        Parameter<bool> => ValueForm.Flag,
        Parameter<int> or Parameter<long> => ValueForm.Number,
        Parameter<IReadOnlyList<string>> or Parameter<LookupTable> or Parameter<MatchList> => ValueForm.List,
        _ => ValueForm.Text,
    };

    /// <summary>The value names lookup tables.</summary>
    public static bool IsTable(string name) => KnownNames.ParameterFor(name) is Parameter<LookupTable>;

    /// <summary>Two expanded values come to the same: words, "yes" and "true", times in other units.</summary>
    public static bool IsSame(string one, string other) => ValueText.IsSame(one, other);
}
