using System.Text;
using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>The parameters of one instance: main.toml over the built-in defaults.</summary>
/// <remarks>Loading parses the file and no more. Each parameter is expanded and checked when it is first asked for, so that a
/// short-lived program pays for what it uses; <see cref="ValidateAll"/> checks the rest before a system starts.
/// For use by one thread at a time.</remarks>
public sealed class MainConfig
{
    private const string FileName = "main.toml";
    private const string DefaultDirectory = "/etc/postfix.net";

    private readonly TomlTable _root;
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<string> _expanding = [];
    private readonly List<LookupTable> _tables = [];
    private IReadOnlyList<string>? _warnings;
    private DestinationRules? _destinations;

    private MainConfig(string directory, string path, TomlTable root)
    {
        Directory = directory;
        Path = path;
        _root = root;
    }

    /// <summary>The configuration directory.</summary>
    public string Directory { get; }

    /// <summary>The main.toml file, as messages name it.</summary>
    internal string Path { get; }

    /// <summary>Keys that are no parameters, each as one line with its position and the nearest known name; and secrets
    /// that every user can read.</summary>
    public IReadOnlyList<string> Warnings => _warnings ??= [.. KnownNames.FindUnknown(_root, Path), .. OpenSecrets()];

    // A matter for those who start the system, not for each program.
    private List<string> OpenSecrets()
    {
        List<string> lines = [];
        foreach (string name in (ReadOnlySpan<string>)["smtp_sasl_password_maps", "lmtp_sasl_password_maps"])
        {
            if (_root.TryGet(name, out _) && ((LookupTable)ValueOf(Parameters.SmtpSaslPasswordMaps, name)).FileOpenToAll(Path) is { } file)
                lines.Add($"{name}: every user can read the passwords in {file}; put them into a file that only root can read, \"texthash:/path\"");
        }
        return lines;
    }

    /// <summary>The tables [destination."NAME"].</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public DestinationRules Destinations => _destinations ??= _root.TryGet(DestinationRules.TableName, out TomlEntry? entry)
        ? DestinationReader.Read(this, entry.Value)
        : DestinationRules.None;

    /// <summary>The directory that holds main.toml: the option's, else that of $MAIL_CONFIG, else /etc/postfix.net.</summary>
    /// <param name="option">Value of the -c option (-C of sendmail); null when not given.</param>
    public static string FindDirectory(string? option)
    {
        if (!string.IsNullOrEmpty(option))
            return option;
        string? variable = Environment.GetEnvironmentVariable("MAIL_CONFIG");
        return string.IsNullOrEmpty(variable) ? DefaultDirectory : variable;
    }

    /// <summary>Reads main.toml of a directory.</summary>
    /// <exception cref="ConfigurationException">The file is missing, unreadable, or not TOML.</exception>
    public static MainConfig Load(string directory)
    {
        string path = directory.EndsWith('/') ? directory + FileName : $"{directory}/{FileName}";
        return new MainConfig(directory, path, ConfigurationFile.Load(path));
    }

    /// <summary>A configuration from text, as if it stood in a file.</summary>
    /// <param name="toml">Content of main.toml.</param>
    /// <param name="path">What messages name as the file.</param>
    /// <exception cref="ConfigurationException">It is not TOML.</exception>
    public static MainConfig FromText(string toml, string path = FileName)
    {
        string directory = path.LastIndexOf('/') is >= 0 and int slash ? path[..slash] : ".";
        return new MainConfig(directory, path, ConfigurationFile.Parse(Encoding.UTF8.GetBytes(toml), path));
    }

    /// <summary>The value of a parameter: main.toml's, else the default; $name expanded, checked.</summary>
    /// <exception cref="ConfigurationException">The value has the wrong type, is out of range, or cannot be expanded; or its
    /// lookup table cannot be opened.</exception>
    public T Get<T>(Parameter<T> parameter) => (T)ValueOf(parameter, parameter.Name);

    /// <inheritdoc cref="Get{T}"/>
    public TimeSpan Get(TimeParameter parameter) => (TimeSpan)ValueOf(parameter, parameter.Name);

    /// <inheritdoc cref="Get{T}"/>
    public long Get(SizeParameter parameter) => (long)ValueOf(parameter, parameter.Name);

    /// <summary>The value of a parameter for one transport: of TRANSPORT_x when main.toml has it, else that of default_x
    /// (or of initial_destination_concurrency).</summary>
    /// <param name="fallback">e.g. <see cref="Parameters.DefaultDestinationConcurrencyLimit"/>. A parameter of the SMTP client,
    /// smtp_x, has the twin lmtp_x for the transport "lmtp" and none for others.</param>
    /// <param name="transport">Service name of the delivery agent, e.g. "smtp".</param>
    /// <exception cref="ConfigurationException">As for <see cref="Get{T}"/>.</exception>
    public T ForTransport<T>(Parameter<T> fallback, string transport) => (T)ValueForTransport(fallback, transport);

    /// <inheritdoc cref="ForTransport{T}"/>
    public TimeSpan ForTransport(TimeParameter fallback, string transport) => (TimeSpan)ValueForTransport(fallback, transport);

    private object ValueForTransport(Parameter fallback, string transport)
    {
        string? name = KnownNames.ForTransport(fallback.Name, transport);
        if (name is null)
            return ValueOf(fallback, fallback.Name);
        if (_root.TryGet(name, out _))
            return ValueOf(fallback, name);
        // Some transports have a built-in value of their own, e.g. local_destination_recipient_limit.
        return Parameters.Find(name) is { } own && own.Kind == fallback.Kind ? ValueOf(own, own.Name) : ValueOf(fallback, fallback.Name);
    }

    /// <summary>Checks everything that main.toml gives, as each program would do in time: types, ranges, expansion, lookup
    /// tables, also of parameters that no program asks for.</summary>
    /// <exception cref="ConfigurationException">All that is wrong, in the order of the file.</exception>
    public void ValidateAll()
    {
        List<ConfigurationException> problems = [];
        foreach (TomlEntry entry in _root.Entries)
        {
            try
            {
                if (entry.Key == DestinationRules.TableName)
                    _ = Destinations;
                else if (KnownNames.ParameterFor(entry.Key) is { } parameter)
                    _ = ValueOf(parameter, entry.Key);
                else if (entry.Value is TomlString)
                    _ = ExpandedText(entry.Key);
            }
            catch (ConfigurationException e)
            {
                // What two values refer to is wrong only once.
                if (problems.TrueForAll(other => other.Message != e.Message))
                    problems.Add(e);
            }
        }
        if (problems.Count > 0)
            throw new ConfigurationException(problems);
        // These follow from the system where main.toml does not give them.
        _ = Get(Parameters.MyHostname);
        _ = Get(Parameters.MyOrigin);
    }

    /// <summary>The file of a lookup table in use that is no longer what was read: this configuration is out of date (S4-23).</summary>
    public string? ChangedTable()
    {
        foreach (LookupTable table in _tables)
        {
            if (table.ChangedFile() is { } path)
                return path;
        }
        return null;
    }

    /// <param name="parameter">Kind and range.</param>
    /// <param name="name">Key in main.toml: the parameter's, or that of a transport.</param>
    private object ValueOf(Parameter parameter, string name)
    {
        if (!_values.TryGetValue(name, out object? value))
        {
            value = Convert(parameter, name);
            _values.Add(name, value);
        }
        return value;
    }

    private object Convert(Parameter parameter, string name)
    {
        TomlNode? node = _root.TryGet(name, out TomlEntry? entry) ? entry.Value : null;
        switch (parameter.Kind)
        {
            case ParameterKind.Table:
                LookupTable table = LookupTable.Open(this, name, node, node is null ? ExpandedText(name) : "");
                _tables.Add(table);
                return table;
            case ParameterKind.List:
                return ConvertList(parameter, name, node);
            case ParameterKind.Flag:
                return node is TomlBoolean flag ? flag.Value : ConvertFlag(name, node);
            case ParameterKind.Number:
                return (int)ConvertNumber(parameter, name, node);
            case ParameterKind.Size:
                return ConvertNumber(parameter, name, node);
            case ParameterKind.Port:
                return (int)ConvertPort(parameter, name, node);
            case ParameterKind.Time:
                return ConvertTime(parameter, name, node);
            default:
                return ConvertText(parameter, name, node);
        }
    }

    private string ConvertText(Parameter parameter, string name, TomlNode? node)
    {
        const string Accepted = "give text in quotes";
        if (node is not (null or TomlString or TomlInteger or TomlFloat))
            throw Wrong(name, node, $"{Article(node)} is not accepted; {Accepted}");
        string text = ExpandedText(name);
        foreach (char c in text)
        {
            // Values go into headers, SMTP commands and log lines.
            if (char.IsControl(c) && c != '\t')
                throw Wrong(name, node, "the text contains a control character; give one line of text");
        }
        if (parameter.Kind == ParameterKind.AbsolutePath && !text.StartsWith('/'))
            throw Wrong(name, node, $"\"{text}\" is not a path from the root; give one that begins with \"/\"");
        if (parameter.Kind == ParameterKind.Choice && !(text.Length == 0 && parameter.DefaultText?.Length == 0))
            CheckChoice(parameter, name, node, text);
        if (ReferenceEquals(parameter, Parameters.MyHostname) && !IsHostName(text))
            throw Wrong(name, node, $"\"{text}\" is not a host name; give e.g. \"mail.example.com\"");
        return text;
    }

    private void CheckChoice(Parameter parameter, string name, TomlNode? node, string text)
    {
        string[] choices = parameter.Choices!.Split(' ');
        foreach (string choice in choices)
        {
            if (string.Equals(choice, text, StringComparison.Ordinal))
                return;
        }
        throw Wrong(name, node, $"\"{text}\" is not accepted; give one of \"{string.Join("\", \"", choices)}\"");
    }

    private bool ConvertFlag(string name, TomlNode? node)
    {
        const string Accepted = "give true or false";
        if (node is not (null or TomlString))
            throw Wrong(name, node, $"{Article(node)} is not accepted; {Accepted}");
        string text = ExpandedText(name);
        if (text.Equals("yes", StringComparison.OrdinalIgnoreCase) || text.Equals("true", StringComparison.OrdinalIgnoreCase))
            return true;
        if (text.Equals("no", StringComparison.OrdinalIgnoreCase) || text.Equals("false", StringComparison.OrdinalIgnoreCase))
            return false;
        throw Wrong(name, node, $"\"{text}\" is not accepted; {Accepted}");
    }

    private long ConvertNumber(Parameter parameter, string name, TomlNode? node)
    {
        const string Accepted = "give a whole number";
        long number;
        if (node is TomlInteger integer)
        {
            number = integer.Value;
        }
        else
        {
            if (node is not (null or TomlString))
                throw Wrong(name, node, $"{Article(node)} is not accepted; {Accepted}");
            string text = ExpandedText(name);
            if (!ShortText.TryParseNumber(text.AsSpan().Trim(), out number))
                throw Wrong(name, node, $"\"{text}\" is not a number; {Accepted}");
        }
        return InRange(parameter, name, node, number);
    }

    private long ConvertPort(Parameter parameter, string name, TomlNode? node)
    {
        const string Accepted = "give a port number, or \"smtp\", \"lmtp\", \"smtps\", \"submission\"";
        if (node is TomlInteger integer)
            return InRange(parameter, name, node, integer.Value);
        if (node is not (null or TomlString))
            throw Wrong(name, node, $"{Article(node)} is not accepted; {Accepted}");
        string text = ExpandedText(name);
        return ValueText.TryReadPort(text, out long port)
            ? InRange(parameter, name, node, port) : throw Wrong(name, node, $"\"{text}\" is not a port; {Accepted}");
    }

    private TimeSpan ConvertTime(Parameter parameter, string name, TomlNode? node)
    {
        const string Accepted = $"give {ValueText.AcceptedTimes}";
        char unit = parameter.DefaultText is { Length: > 0 } text && char.IsAsciiLetter(text[^1]) ? text[^1] : 's';
        long seconds;
        if (node is TomlInteger integer)
        {
            long scale = ValueText.SecondsOf(unit);
            seconds = Math.Clamp(integer.Value, long.MinValue / scale, long.MaxValue / scale) * scale;
        }
        else
        {
            if (node is not (null or TomlString))
                throw Wrong(name, node, $"{Article(node)} is not accepted; {Accepted}");
            string value = ExpandedText(name);
            if (!ValueText.TryReadTime(value, unit, out seconds))
                throw Wrong(name, node, $"\"{value}\" is not a time; {Accepted}");
        }
        if (seconds < parameter.Minimum || seconds > parameter.Maximum)
            throw Wrong(name, node, $"the time is out of range; accepted are {parameter.Minimum}s to {parameter.Maximum}s");
        return TimeSpan.FromSeconds(seconds);
    }

    private long InRange(Parameter parameter, string name, TomlNode? node, long number) =>
        number >= parameter.Minimum && number <= parameter.Maximum ? number : throw Wrong(name, node, parameter.Maximum is int.MaxValue or long.MaxValue
            ? $"{number} is out of range; give {parameter.Minimum} or more" + (number > 0 ? $", up to {parameter.Maximum}" : "")
            : $"{number} is out of range; accepted are {parameter.Minimum} to {parameter.Maximum}");

    private List<string> ConvertList(Parameter parameter, string name, TomlNode? node)
    {
        if (node is not (null or TomlString or TomlInteger or TomlArray))
            throw Wrong(name, node, $"{Article(node)} is not accepted; give a list such as [\"a\", \"b\"] or \"a, b\"");
        List<string> words = [];
        ValueText.Split(ExpandedText(name), words);
        if (parameter.Choices is not null)
        {
            foreach (string word in words)
                CheckChoice(parameter, name, node, word);
        }
        return words;
    }

    /// <summary>Text of a parameter or of a name made up in main.toml, after expansion.</summary>
    internal string ExpandedText(string name)
    {
        // The depth bounds the stack: a chain of that many different names is no configuration either.
        if (_expanding.Contains(name) || _expanding.Count > 100)
        {
            string first = _expanding[0];
            string through = _expanding.Count > 1 && string.Equals(name, first, StringComparison.Ordinal) ? _expanding[1] : name;
            _expanding.Clear();
            throw AtKey(first, $"$-expansion loops through {through}");
        }
        _expanding.Add(name);
        string text = RawText(name);
        if (ShortText.Contains(text, '$'))
            text = Expand(name, text, _root.TryGet(name, out TomlEntry? entry) ? entry.Value : null);
        _expanding.Remove(name);
        return text;
    }

    /// <summary>Expands text that stands in the value of a parameter.</summary>
    internal string Expand(string name, string text, TomlNode? node)
    {
        try
        {
            return Expansion.Expand(text, ReferencedText);
        }
        catch (FormatException e)
        {
            _expanding.Clear();
            throw Wrong(name, node, e.Message);
        }
    }

    /// <summary>What stands for $name.</summary>
    /// <exception cref="FormatException">There is no such parameter.</exception>
    public string ReferencedText(string name) => _root.TryGet(name, out _) || KnownNames.IsKnown(name)
        ? ExpandedText(name)
        : throw new FormatException($"${name} is not defined{KnownNames.Suggestion(name)}");

    private string RawText(string name)
    {
        if (string.Equals(name, Parameters.ConfigDirectory.Name, StringComparison.Ordinal))
            return Directory;
        if (_root.TryGet(name, out TomlEntry? entry))
            return TextOf(name, entry.Value);
        return KnownNames.ParameterFor(name) is not { } parameter ? "" : parameter.DefaultText ?? FoundDefault(name);
    }

    private string TextOf(string name, TomlNode node) => node switch
    {
        TomlString text => text.Value,
        TomlInteger number => ShortText.FromNumber(number.Value),
        TomlFloat number => number.Text,
        TomlBoolean flag => flag.Value ? "yes" : "no",
        TomlDateTime date => date.Text,
        TomlArray array => TextOfArray(name, array),
        _ => throw Wrong(name, node, "a table has no text that could be expanded"),
    };

    private string TextOfArray(string name, TomlArray array)
    {
        StringBuilder text = new();
        foreach (TomlNode item in array.Items)
        {
            if (item is not (TomlString or TomlInteger))
                throw Wrong(name, item, $"{Article(item)} is not accepted in this list; give text in quotes");
            if (text.Length > 0)
                text.Append(", ");
            text.Append(TextOf(name, item));
        }
        return text.ToString();
    }

    /// <summary>Defaults that depend on the system.</summary>
    private string FoundDefault(string name)
    {
        if (string.Equals(name, Parameters.MyHostname.Name, StringComparison.Ordinal))
        {
            string host = Users.HostName();
            if (ShortText.Contains(host, '.') || !IsHostName(host))
                return ShortText.Contains(host, '.') && IsHostName(host) ? host : "localhost.localdomain";
            return _root.TryGet(Parameters.MyDomain.Name, out _) ? $"{host}.$mydomain" : $"{host}.localdomain";
        }
        if (string.Equals(name, Parameters.MyDomain.Name, StringComparison.Ordinal))
        {
            string host = ExpandedText(Parameters.MyHostname.Name);
            int dot = ShortText.IndexOf(host, '.');
            return dot >= 0 ? host[(dot + 1)..] : "localdomain";
        }
        // The place of the programs.
        string directory = AppContext.BaseDirectory;
        return directory.Length > 1 ? directory.TrimEnd('/') : directory;
    }

    private static bool IsHostName(string text)
    {
        if (text.Length is 0 or > 255 || text[0] is '.' or '-' || text.Contains("..", StringComparison.Ordinal))
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_') && c < 0x80)
                return false;
        }
        return true;
    }

    /// <summary>"an array", "a boolean": what was found in place of what is accepted.</summary>
    internal static string Article(TomlNode node) => (node.Kind[0] is 'a' or 'i' ? "an " : "a ") + node.Kind;

    /// <summary>An error in a value that only its user can find, such as an account that does not exist.</summary>
    /// <param name="parameter">Whose value is wrong.</param>
    /// <param name="problem">What is wrong; what is accepted.</param>
    public ConfigurationException Refuse(Parameter parameter, string problem)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return Wrong(parameter.Name, _root.TryGet(parameter.Name, out TomlEntry? entry) ? entry.Value : null, problem);
    }

    /// <summary>An error in a value.</summary>
    /// <param name="name">Parameter.</param>
    /// <param name="node">The value, or the part of it that is wrong; null when main.toml does not give it.</param>
    /// <param name="problem">What is wrong; what is accepted.</param>
    internal ConfigurationException Wrong(string name, TomlNode? node, string problem, bool isForbidden = false) => node is null
        ? new ConfigurationException(Path, $"{name}: {problem}", isForbidden)
        : new ConfigurationException(Path, node.Line, node.Column, $"{name}: {problem}", isForbidden);

    private ConfigurationException AtKey(string name, string problem) => _root.TryGet(name, out TomlEntry? entry)
        ? new ConfigurationException(Path, entry.Line, entry.Column, $"{name}: {problem}")
        : new ConfigurationException(Path, $"{name}: {problem}");
}
