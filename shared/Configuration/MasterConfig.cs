using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>What kind of socket a service listens on.</summary>
public enum ServiceKind
{
    /// <summary>A Unix-domain stream socket below private/ or public/.</summary>
    Unix,
    /// <summary>TCP.</summary>
    Inet,
}

/// <summary>One [service.NAME] table of master.toml.</summary>
/// <param name="Name">Service name; of a Unix-domain socket also its file name.</param>
/// <param name="Kind">What it listens on.</param>
/// <param name="IsPrivate">The socket is below private/, for the mail system only; else below public/.</param>
/// <param name="Wakeup">Interval of wake-up triggers; zero: never.</param>
/// <param name="WakeupOnlyIfUsed">Wake it only when it was used since it last went away.</param>
/// <param name="ProcessLimit">Most processes at a time; 0 = no limit.</param>
/// <param name="Command">Program below daemon_directory.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Listen">"host:port" of each TCP socket; empty for Unix-domain services.</param>
public sealed record ServiceEntry(
    string Name, ServiceKind Kind, bool IsPrivate, TimeSpan Wakeup, bool WakeupOnlyIfUsed, int ProcessLimit, string Command,
    IReadOnlyList<string> Arguments, IReadOnlyList<string> Listen)
{
    /// <summary>Where its command stands, as messages name it: "path:line:column".</summary>
    public string Position { get; init; } = "";
}

/// <summary>The services of one instance: master.toml.</summary>
public sealed class MasterConfig
{
    private const string FileName = "master.toml";
    private const string AcceptedKeys = "type, private, wakeup, process_limit, command, args, listen";

    private readonly List<ServiceEntry> _services = [];
    private readonly string _path;
    private readonly MainConfig _main;

    private MasterConfig(string path, MainConfig main)
    {
        _path = path;
        _main = main;
    }

    /// <summary>In the order of the file, without those that master_service_disable names.</summary>
    public IReadOnlyList<ServiceEntry> Services => _services;

    /// <summary>Reads master.toml of a directory, or, where it has none, the one that comes with the programs: few need
    /// services of their own.</summary>
    /// <param name="main">Its default_process_limit and master_service_disable hold.</param>
    /// <exception cref="ConfigurationException">Missing, unreadable, not TOML, or a key or value that is not accepted.</exception>
    public static MasterConfig Load(string directory, MainConfig main)
    {
        string path = directory.EndsWith('/') ? directory + FileName : $"{directory}/{FileName}";
        if (FileSystem.Status(path) is null && FileSystem.Status(PackagedPath) is not null)
            path = PackagedPath;
        return Read(ConfigurationFile.Load(path), path, main);
    }

    private static string PackagedPath => System.IO.Path.GetFullPath($"{AppContext.BaseDirectory}/../conf/{FileName}");

    /// <summary>From text, as if it stood in a file.</summary>
    /// <exception cref="ConfigurationException">As for <see cref="Load"/>.</exception>
    public static MasterConfig FromText(string toml, MainConfig main, string path = FileName) =>
        Read(ConfigurationFile.Parse(System.Text.Encoding.UTF8.GetBytes(toml), path), path, main);

    private static MasterConfig Read(TomlTable root, string path, MainConfig main)
    {
        MasterConfig config = new(path, main);
        IReadOnlyList<string> disabled = main.Get(Parameters.MasterServiceDisable);
        foreach (TomlEntry entry in root.Entries)
        {
            if (entry.Key != "service" || entry.Value is not TomlTable services)
                throw new ConfigurationException(path, entry.Line, entry.Column, $"\"{entry.Key}\" is not accepted; give [service.NAME] tables only");
            foreach (TomlEntry service in services.Entries)
            {
                ServiceEntry read = config.ReadService(service);
                string type = read.Kind == ServiceKind.Unix ? "unix" : "inet";
                if (!disabled.Contains(type) && !disabled.Contains($"{read.Name}.{type}"))
                    config._services.Add(read);
            }
        }
        return config;
    }

    private ServiceEntry ReadService(TomlEntry service)
    {
        string name = service.Key;
        if (service.Value is not TomlTable table)
            throw At(service, $"service \"{name}\" is {MainConfig.Article(service.Value)}; give a table [service.{name}]");
        if (!IsFileName(name))
            throw At(service, $"service name \"{name}\" is not accepted; give letters, digits, \"_\", \"-\" and \".\", not beginning with \".\"");

        ServiceKind kind = ServiceKind.Unix;
        bool isPrivate = true, onlyIfUsed = false;
        TimeSpan wakeup = TimeSpan.Zero;
        int limit = _main.Get(Parameters.DefaultProcessLimit);
        string command = "", position = "";
        List<string> arguments = [], listen = [];
        TomlEntry? listenEntry = null;
        foreach (TomlEntry entry in table.Entries)
        {
            switch (entry.Key)
            {
                case "type":
                    kind = (entry.Value as TomlString)?.Value switch
                    {
                        "unix" => ServiceKind.Unix,
                        "inet" => ServiceKind.Inet,
                        _ => throw AtValue(entry, "give \"unix\" or \"inet\""),
                    };
                    break;
                case "private":
                    isPrivate = entry.Value is TomlBoolean flag ? flag.Value : throw AtValue(entry, "give true or false");
                    break;
                case "wakeup":
                    wakeup = ReadWakeup(entry, out onlyIfUsed);
                    break;
                case "process_limit":
                    limit = entry.Value is TomlInteger { Value: >= 0 and <= int.MaxValue } number
                        ? (int)number.Value : throw AtValue(entry, "give a whole number, 0 for no limit");
                    break;
                case "command":
                    command = entry.Value is TomlString program && IsFileName(program.Value)
                        ? program.Value : throw AtValue(entry, "give the name of a program in daemon_directory, without \"/\"");
                    position = $"{_path}:{entry.Value.Line}:{entry.Value.Column}";
                    break;
                case "args":
                    arguments = ReadList(entry, "give a list of text such as [\"-v\"]");
                    break;
                case "listen":
                    listen = ReadList(entry, "give a list such as [\"127.0.0.1:25\", \"[::1]:25\"]");
                    listenEntry = entry;
                    break;
                default:
                    throw At(entry, $"\"{entry.Key}\" of service \"{name}\" is not accepted; accepted are {AcceptedKeys}");
            }
        }
        if (command.Length == 0)
            throw At(service, $"service \"{name}\" has no command; give command = \"PROGRAM\"");
        if (kind == ServiceKind.Inet && listen.Count == 0)
            throw At(service, $"service \"{name}\" of type \"inet\" has no address; give listen = [\"host:port\"]");
        if (kind == ServiceKind.Unix && listenEntry is not null)
            throw At(listenEntry, $"\"listen\" is for services of type \"inet\"; the socket of a \"unix\" service has the service's name");
        foreach (string address in listen)
        {
            int colon = address.LastIndexOf(':');
            if (colon <= 0 || !ValueText.TryReadPort(address[(colon + 1)..], out long port) || port is < 1 or > 65535)
                throw AtValue(listenEntry!, $"\"{address}\" is not \"host:port\"; give e.g. \"127.0.0.1:25\" or \"[::1]:25\"", named: false);
        }
        return new ServiceEntry(name, kind, isPrivate, wakeup, onlyIfUsed, limit, command, arguments, listen) { Position = position };
    }

    private TimeSpan ReadWakeup(TomlEntry entry, out bool onlyIfUsed)
    {
        const string Accepted = "give seconds or a time such as \"60s\", \"5m\"; \"?\" at its end: only if used; 0: never";
        onlyIfUsed = false;
        if (entry.Value is TomlInteger { Value: >= 0 and <= int.MaxValue } number)
            return TimeSpan.FromSeconds(number.Value);
        if (entry.Value is not TomlString text)
            throw AtValue(entry, Accepted);
        onlyIfUsed = text.Value.EndsWith('?');
        string time = onlyIfUsed ? text.Value[..^1] : text.Value;
        return ValueText.TryReadTime(time, 's', out long seconds) && seconds is >= 0 and <= int.MaxValue
            ? TimeSpan.FromSeconds(seconds) : throw AtValue(entry, Accepted);
    }

    private List<string> ReadList(TomlEntry entry, string accepted)
    {
        if (entry.Value is not TomlArray array)
            throw AtValue(entry, accepted);
        List<string> items = [];
        foreach (TomlNode item in array.Items)
        {
            if (item is not TomlString text || text.Value.Contains('\0'))
                throw new ConfigurationException(_path, item.Line, item.Column, $"{entry.Key}: {MainConfig.Article(item)} is not accepted here; {accepted}");
            items.Add(text.Value);
        }
        return items;
    }

    private static bool IsFileName(string name)
    {
        if (name.Length is 0 or > 100 || name[0] == '.')
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
                return false;
        }
        return true;
    }

    private ConfigurationException At(TomlEntry entry, string problem) => new(_path, entry.Line, entry.Column, problem);

    private ConfigurationException AtValue(TomlEntry entry, string accepted, bool named = true)
    {
        string found = entry.Value is TomlString text ? $"\"{text.Value}\"" : entry.Value is TomlInteger number
            ? number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) : MainConfig.Article(entry.Value);
        return new ConfigurationException(_path, entry.Value.Line, entry.Value.Column,
            named ? $"{entry.Key}: {found} is not accepted; {accepted}" : $"{entry.Key}: {accepted}");
    }
}
