using System.Globalization;
using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>The text that each name stands for, in its own value and as $name in others: what main.toml gives, else the default,
/// both expanded.</summary>
/// <param name="config">For places in messages.</param>
/// <param name="root">main.toml.</param>
internal sealed class ParameterTexts(MainConfig config, TomlTable root)
{
    // Names on the way from the value asked for to the one being expanded.
    private readonly List<string> _expanding = [];

    /// <summary>The text of a parameter, or of a name made up in main.toml.</summary>
    /// <exception cref="ConfigurationException">It refers to itself, or to nothing.</exception>
    internal string Of(string name)
    {
        // The depth bounds the stack: a chain of that many different names is no configuration either.
        if (_expanding.Contains(name) || _expanding.Count > 100)
            throw Loop(name);
        _expanding.Add(name);
        string text = AsWritten(name);
        if (text.Contains('$', StringComparison.Ordinal))
            text = Expand(name, text, root.TryGet(name, out TomlEntry? entry) ? entry.Value : null);
        _expanding.Remove(name);
        return text;
    }

    /// <summary>Expands text that stands in the value of a parameter.</summary>
    /// <exception cref="ConfigurationException">Something in it cannot be.</exception>
    internal string Expand(string name, string text, TomlNode? node)
    {
        try
        {
            return Expansion.Expand(text, Referenced);
        }
        catch (FormatException e)
        {
            _expanding.Clear();
            throw config.Wrong(name, node, e.Message);
        }
    }

    /// <summary>What stands for $name.</summary>
    /// <exception cref="FormatException">There is no such parameter.</exception>
    internal string Referenced(string name) => root.TryGet(name, out _) || KnownNames.IsKnown(name)
        ? Of(name)
        : throw new FormatException($"${name} is not defined{KnownNames.Suggestion(name)}");

    private string AsWritten(string name)
    {
        if (name == Parameters.ConfigDirectory.Name)
            return config.Directory;
        if (root.TryGet(name, out TomlEntry? entry))
            return TextOf(name, entry.Value);
        return KnownNames.ParameterFor(name) is { } parameter ? parameter.DefaultText ?? FoundDefault(name)
            : UnsupportedParameters.Find(name)?.Defaults[0] ?? "";
    }

    /// <summary>A value as text, not expanded.</summary>
    internal string TextOf(string name, TomlNode node) => node switch
    {
        TomlString text => text.Value,
        TomlInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        TomlFloat number => number.Text,
        TomlBoolean flag => flag.Value ? "yes" : "no",
        TomlDateTime date => date.Text,
        TomlArray array => string.Join(", ", array.Items.Select(item => item is TomlString or TomlInteger ? TextOf(name, item)
            : throw config.Wrong(name, item, $"{item.WithArticle} is not accepted in this list; give text in quotes"))),
        _ => throw config.Wrong(name, node, "a table has no text that could be expanded"),
    };

    /// <summary>Defaults that depend on the system.</summary>
    private string FoundDefault(string name)
    {
        if (name == Parameters.MyHostname.Name)
        {
            string host = Users.HostName();
            if (host.Contains('.', StringComparison.Ordinal) || !IsHostName(host))
                return IsHostName(host) ? host : "localhost.localdomain";
            return root.TryGet(Parameters.MyDomain.Name, out _) ? $"{host}.$mydomain" : $"{host}.localdomain";
        }
        if (name == Parameters.MyDomain.Name)
        {
            string host = Of(Parameters.MyHostname.Name);
            int dot = host.IndexOf('.', StringComparison.Ordinal);
            return dot >= 0 ? host[(dot + 1)..] : "localdomain";
        }
        // The place of the programs.
        string place = AppContext.BaseDirectory;
        return place.Length > 1 ? place.TrimEnd('/') : place;
    }

    internal static bool IsHostName(string text) => text.Length is > 0 and <= 255 && text[0] is not ('.' or '-')
        && !text.Contains("..", StringComparison.Ordinal)
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' || c >= 0x80)
        && !text.All(static c => char.IsAsciiDigit(c) || c == '.');

    private ConfigurationException Loop(string name)
    {
        // However one came into the circle, it is named by what stands first in the file.
        List<string> circle = _expanding[Math.Max(0, _expanding.IndexOf(name))..];
        _expanding.Clear();
        string first = root.Entries.Select(static entry => entry.Key).FirstOrDefault(circle.Contains, circle[0]);
        return config.WrongKey(first, $"$-expansion loops through {circle[(circle.IndexOf(first) + 1) % circle.Count]}");
    }
}
