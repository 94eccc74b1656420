namespace PostfixNet.Configuration;

/// <summary>One parameter of main.toml: its name, its default, and how its value is read.</summary>
public abstract class Parameter
{
    private protected Parameter(string name, string? defaultText) => (Name, DefaultText) = (name, defaultText);

    /// <summary>Its name in main.toml.</summary>
    public string Name { get; }

    /// <summary>Its default as it would be written in main.toml, not yet expanded; null when the default is found out at
    /// run time (host name, place of the programs).</summary>
    public string? DefaultText { get; }

    /// <exception cref="ConfigurationException">The value is not one of this parameter.</exception>
    internal abstract object Read(ParameterValue value);
}

/// <summary>A parameter whose values have the type <typeparamref name="T"/>.</summary>
/// <typeparam name="T">string, int, long, bool, TimeSpan, IReadOnlyList of string, or a type of this namespace.</typeparam>
public sealed class Parameter<T> : Parameter where T : notnull
{
    private readonly Func<ParameterValue, T> _convert;

    /// <param name="convert">One of <see cref="Conversion"/>.</param>
    internal Parameter(string name, string? defaultText, Func<ParameterValue, T> convert) : base(name, defaultText) => _convert = convert;

    internal override object Read(ParameterValue value) => _convert(value);
}
