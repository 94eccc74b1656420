namespace PostfixNet.Configuration;

/// <summary>What values a parameter takes.</summary>
internal enum ParameterKind
{
    /// <summary>One line of text.</summary>
    Text,
    /// <summary>A path that begins with "/".</summary>
    AbsolutePath,
    /// <summary>One of a few words, or empty when the default is.</summary>
    Choice,
    /// <summary>A whole number, 32 bits.</summary>
    Number,
    /// <summary>A whole number, 64 bits.</summary>
    Size,
    /// <summary>A TCP port, by number or by the name of a mail service.</summary>
    Port,
    /// <summary>true or false, yes or no.</summary>
    Flag,
    /// <summary>Whole seconds, or a number with a unit.</summary>
    Time,
    /// <summary>Words.</summary>
    List,
    /// <summary>A lookup table.</summary>
    Table,
}

/// <summary>Name, kind, range and default of one parameter of main.toml.</summary>
public abstract class Parameter
{
    private protected Parameter(ParameterKind kind, string name, string? defaultText, long minimum, long maximum, string? choices)
    {
        Kind = kind;
        Name = name;
        DefaultText = defaultText;
        Minimum = minimum;
        Maximum = maximum;
        Choices = choices;
    }

    /// <summary>Its name in main.toml.</summary>
    public string Name { get; }

    /// <summary>Its default as it would be written in main.toml, not yet expanded; null when the default is found out at
    /// run time (host name, place of the programs).</summary>
    public string? DefaultText { get; }

    internal ParameterKind Kind { get; }

    /// <summary>Least number accepted; of times, in seconds.</summary>
    internal long Minimum { get; }

    /// <summary>Greatest number accepted.</summary>
    internal long Maximum { get; }

    /// <summary>The words accepted, separated by blanks; null when any are.</summary>
    internal string? Choices { get; }
}

/// <summary>A parameter whose values have the type <typeparamref name="T"/>.</summary>
/// <typeparam name="T">string, int, bool, IReadOnlyList of string, or LookupTable.</typeparam>
public sealed class Parameter<T> : Parameter
{
    internal Parameter(ParameterKind kind, string name, string? defaultText, long minimum = 0, long maximum = int.MaxValue, string? choices = null)
        : base(kind, name, defaultText, minimum, maximum, choices)
    {
    }
}

/// <summary>A parameter whose values are times.</summary>
/// <remarks>Not generic, as <see cref="SizeParameter"/>: code for type arguments such as TimeSpan cannot be compiled ahead of
/// time, so each program would compile it anew at its start.</remarks>
public sealed class TimeParameter : Parameter
{
    internal TimeParameter(string name, string defaultText, long minimum)
        : base(ParameterKind.Time, name, defaultText, minimum, int.MaxValue, null)
    {
    }
}

/// <summary>A parameter whose values are 64-bit numbers: sizes in bytes.</summary>
public sealed class SizeParameter : Parameter
{
    internal SizeParameter(string name, string defaultText)
        : base(ParameterKind.Size, name, defaultText, 0, long.MaxValue, null)
    {
    }
}
