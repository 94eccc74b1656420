namespace PostfixNet.Configuration;

/// <summary>What is known of one parameter of an instance, for people and scripts to read; no password is among it.</summary>
/// <param name="Name">Key in main.toml.</param>
/// <param name="Kind">What kind of value it has.</param>
/// <param name="Written">Value as written, in Postfix's form: else the default; $name not expanded.</param>
/// <param name="Default">The default, likewise; "" when there is none.</param>
/// <param name="Place">"FILE:LINE:COLUMN" of the value; null: main.toml does not give it.</param>
/// <param name="IsChanged">Its value comes to something else than the default.</param>
/// <param name="IsSupported">It works here; else Postfix alone has it, and its default is the only value.</param>
public sealed record Setting(string Name, SettingKind Kind, string Written, string Default, string? Place, bool IsChanged, bool IsSupported)
{
    /// <summary>The parameter that tells what it means: of a name for one transport, that for all. null: a name made up by the operator.</summary>
    public string? Base { get; init; }
}

/// <summary>Kinds of values.</summary>
public enum SettingKind
{
    /// <summary>Text.</summary>
    Text,
    /// <summary>yes or no.</summary>
    Flag,
    /// <summary>A whole number.</summary>
    Number,
    /// <summary>A time, with a unit.</summary>
    Time,
    /// <summary>Words.</summary>
    List,
    /// <summary>Lookup tables.</summary>
    Table,
}
