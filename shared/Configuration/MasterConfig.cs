using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>What kind of socket a service listens on.</summary>
public enum ServiceKind
{
    /// <summary>A Unix-domain socket below the queue directory.</summary>
    Unix,
    /// <summary>TCP.</summary>
    Inet,
}

/// <summary>One service of master.toml.</summary>
/// <param name="Name">Name of the table, and of the socket.</param>
/// <param name="Kind">Socket family.</param>
/// <param name="IsPrivate">The socket is for the mail system alone, in private/; else for every local user, in public/.</param>
/// <param name="Wakeup">Interval of the timer; zero: never.</param>
/// <param name="WakeupOnlyIfUsed">The timer counts only once a client has come ("?" behind the time).</param>
/// <param name="ProcessLimit">Processes at once; 0: default_process_limit does not apply either, no limit.</param>
/// <param name="Command">Program below daemon_directory.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Listen">host:port to listen on; only with <see cref="ServiceKind.Inet"/>.</param>
public sealed record ServiceEntry(
    string Name, ServiceKind Kind, bool IsPrivate, TimeSpan Wakeup, bool WakeupOnlyIfUsed, int ProcessLimit,
    string Command, IReadOnlyList<string> Arguments, IReadOnlyList<string> Listen);

/// <summary>master.toml: the services of an instance.</summary>
public sealed class MasterConfig
{
    private const string FileName = "master.toml";
    private const int MaximumNameLength = 60;
    private static readonly System.Buffers.SearchValues<char> s_nameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    private readonly string _path;
    private readonly List<ServiceEntry> _services = [];

    private MasterConfig(string path) => _path = path;

    /// <summary>In the order of the file, without those that master_service_disable names.</summary>
    public IReadOnlyList<ServiceEntry> Services => _services;

    /// <summary>Reads master.toml of a directory.</summary>
    /// <exception cref="ConfigurationException">The file is missing, is not TOML, or describes a service wrongly.</exception>
    public static MasterConfig Load(string directory, MainConfig main)
    {
        string path = directory.EndsWith('/') ? directory + FileName : $"{directory}/{FileName}";
        return new MasterConfig(path).Read(ConfigurationFile.Load(path), main);
    }

    /// <summary>Services from text, as if it stood in a file.</summary>
    /// <exception cref="ConfigurationException">As <see cref="Load"/>.</exception>
    public static MasterConfig FromText(string toml, MainConfig main, string path = FileName) =>
        new MasterConfig(path).Read(ConfigurationFile.Parse(System.Text.Encoding.UTF8.GetBytes(toml), path), main);

    private MasterConfig Read(TomlTable root, MainConfig main)
    {
        foreach (TomlEntry entry in root.Entries)
        {
            if (entry.Key != "service" || entry.Value is not TomlTable services)
                throw At(entry, $"unknown key \"{entry.Key}\"; only [service.NAME] tables are accepted");
            foreach (TomlEntry service in services.Entries)
            {
                ServiceEntry read = ReadService(service, main);
                if (!IsDisabled(read, main.Get(Parameters.MasterServiceDisable)))
                    _services.Add(read);
            }
        }
        return this;
    }

    private ServiceEntry ReadService(TomlEntry service, MainConfig main)
    {
        if (service.Value is not TomlTable table)
            throw At(service, $"service \"{service.Key}\": give a table, [service.{service.Key}]");
        if (service.Key.Length is 0 or > MaximumNameLength || service.Key.AsSpan().ContainsAnyExcept(s_nameCharacters))
            throw At(service, $"service name \"{service.Key}\": give letters, digits, '-' and '_', {MaximumNameLength} at most");
        ServiceKind kind = ServiceKind.Unix;
        bool isPrivate = true, onlyIfUsed = false;
        TimeSpan wakeup = TimeSpan.Zero;
        int limit = main.Get(Parameters.DefaultProcessLimit);
        string? command = null;
        IReadOnlyList<string> arguments = [];
        List<string> listen = [];
        foreach (TomlEntry entry in table.Entries)
        {
            switch (entry.Key)
            {
                case "type":
                    kind = Text(entry) switch { "unix" => ServiceKind.Unix, "inet" => ServiceKind.Inet, _ => throw At(entry, "type: give \"unix\" or \"inet\"") };
                    break;
                case "private":
                    isPrivate = entry.Value is TomlBoolean flag ? flag.Value : throw At(entry, "private: give true or false");
                    break;
                case "wakeup":
                    (wakeup, onlyIfUsed) = ReadWakeup(entry);
                    break;
                case "process_limit":
                    limit = entry.Value is TomlInteger { Value: >= 0 and <= 100_000 } number ? (int)number.Value
                        : throw At(entry, "process_limit: give a whole number from 0 (no limit) to 100000");
                    break;
                case "command":
                    command = Text(entry);
                    if (command.Length == 0 || command.Contains('/', StringComparison.Ordinal) || command.StartsWith('.'))
                        throw At(entry, "command: give the name of a program in daemon_directory, without a path");
                    break;
                case "args":
                    arguments = Texts(entry);
                    break;
                case "listen":
                    listen = Texts(entry);
                    break;
                default:
                    throw At(entry, $"service \"{service.Key}\": unknown key \"{entry.Key}\"; known are type, private, wakeup, process_limit, command, args, listen");
            }
        }
        if (command is null)
            throw At(service, $"service \"{service.Key}\": command is missing");
        if ((kind == ServiceKind.Inet) != (listen.Count > 0))
            throw At(service, $"service \"{service.Key}\": listen goes with type \"inet\", and only with it");
        return new ServiceEntry(service.Key, kind, isPrivate, wakeup, onlyIfUsed, limit, command, arguments, listen);
    }

    private (TimeSpan Time, bool OnlyIfUsed) ReadWakeup(TomlEntry entry)
    {
        string text = entry.Value is TomlInteger number ? number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) : Text(entry);
        bool onlyIfUsed = text.EndsWith('?');
        if (!ValueText.TryReadTime(onlyIfUsed ? text[..^1] : text, 's', out long seconds) || seconds is < 0 or > int.MaxValue / 1000)
            throw At(entry, $"wakeup: give {ValueText.AcceptedTimes}; with \"?\" behind it, only once the service was used");
        return (TimeSpan.FromSeconds(seconds), onlyIfUsed);
    }

    // "qmgr.unix" disables one service, "inet" all of that type, as in Postfix.
    private static bool IsDisabled(ServiceEntry service, IReadOnlyList<string> disabled)
    {
        string type = service.Kind == ServiceKind.Unix ? "unix" : "inet";
        foreach (string item in disabled)
        {
            if (item == type || item == $"{service.Name}.{type}")
                return true;
        }
        return false;
    }

    private string Text(TomlEntry entry) => entry.Value is TomlString text ? text.Value : throw At(entry, $"{entry.Key}: give text in quotes");

    private List<string> Texts(TomlEntry entry)
    {
        List<string> result = [];
        foreach (TomlNode item in entry.Value is TomlArray array ? array.Items : throw At(entry, $"{entry.Key}: give an array of texts"))
            result.Add(item is TomlString text ? text.Value : throw At(entry, $"{entry.Key}: give an array of texts"));
        return result;
    }

    private ConfigurationException At(TomlEntry entry, string problem) => new(_path, entry.Line, entry.Column, problem);
}
