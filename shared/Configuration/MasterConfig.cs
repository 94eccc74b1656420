using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>One [service.NAME] table of master.toml.</summary>
/// <param name="Name">Service name, and the name of its Unix-domain socket.</param>
/// <param name="IsPrivate">The socket is below private/, for the mail system only; else below public/.</param>
/// <param name="Wakeup">Interval of wake-up triggers; zero: never.</param>
/// <param name="WakeupOnlyIfUsed">Wake it only when it was used since it last went away.</param>
/// <param name="ProcessLimit">Most processes at a time; 0 = no limit.</param>
/// <param name="Command">Program below daemon_directory.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record ServiceEntry(
    string Name, bool IsPrivate, TimeSpan Wakeup, bool WakeupOnlyIfUsed, int ProcessLimit, string Command, IReadOnlyList<string> Arguments)
{
    /// <summary>Where it takes TCP connections (type = "inet"); empty: it has a Unix-domain socket.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>Variables that its processes get besides those of import_environment, or in their place: "NAME=value".</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Where its command stands, as messages name it: "path:line:column".</summary>
    public string Position { get; init; } = "";
}

/// <summary>The services of one instance: master.toml.</summary>
public sealed class MasterConfig
{
    private const string FileName = "master.toml";
    private const string AcceptedKeys = "type, listen, private, wakeup, process_limit, command, args, environment, when";

    private readonly List<ServiceEntry> _services = [];
    private readonly string _path;
    private readonly MainConfig _main;

    private MasterConfig(string path, MainConfig main)
    {
        _path = path;
        _main = main;
    }

    /// <summary>In the order of the file, without those that master_service_disable names, and those whose parameter ("when") is off.</summary>
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
        ProblemList problems = new();
        foreach (TomlEntry entry in root.Entries)
        {
            if (entry.Key != "service" || entry.Value is not TomlTable services)
                throw new ConfigurationException(path, entry.Line, entry.Column, $"\"{entry.Key}\" is not accepted; give [service.NAME] tables only");
            foreach (TomlEntry service in services.Entries)
            {
                problems.Try(() =>
                {
                    if (config.ReadService(service, disabled) is { } read)
                        config._services.Add(read);
                });
            }
        }
        problems.ThrowIfAny();
        return config;
    }

    /// <returns>null: it is disabled, or what it is for is switched off.</returns>
    private ServiceEntry? ReadService(TomlEntry service, IReadOnlyList<string> disabled)
    {
        string name = service.Key;
        if (service.Value is not TomlTable table)
            throw At(service, $"service \"{name}\" is {service.Value.WithArticle}; give a table [service.{name}]");
        if (!IsFileName(name))
            throw At(service, $"service name \"{name}\" is not accepted; give letters, digits, \"_\", \"-\" and \".\", not beginning with \".\"");

        bool isInet = false;
        TomlEntry? listen = null;
        bool isPrivate = true, onlyIfUsed = false, isWanted = true;
        TimeSpan wakeup = TimeSpan.Zero;
        int limit = _main.Get(Parameters.DefaultProcessLimit);
        string command = "", position = "";
        List<string> arguments = [], environment = [];
        foreach (TomlEntry entry in table.Entries)
        {
            switch (entry.Key)
            {
                case "type":
                    isInet = (entry.Value as TomlString)?.Value switch { "unix" => false, "inet" => true, _ => throw AtValue(entry, "give \"unix\" or \"inet\"") };
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
                case "environment":
                    environment = ReadEnvironment(entry);
                    break;
                case "when":
                    isWanted = Wants(entry);
                    break;
                case "listen":
                    listen = entry;
                    break;
                default:
                    throw At(entry, $"\"{entry.Key}\" of service \"{name}\" is not accepted; accepted are {AcceptedKeys}");
            }
        }
        if (command.Length == 0)
            throw At(service, $"service \"{name}\" has no command; give command = \"PROGRAM\"");
        string type = isInet ? "inet" : "unix";
        if (!isWanted || disabled.Contains(type) || disabled.Contains($"{name}.{type}"))
            return null;
        if (isInet != listen is not null)
            throw At(listen ?? service, isInet ? $"service \"{name}\" listens nowhere; give listen = [\"127.0.0.1:25\"]" : "listen is for type = \"inet\" only");
        return new ServiceEntry(name, isPrivate, wakeup, onlyIfUsed, limit, command, arguments)
        {
            Position = position,
            Environment = environment,
            Listen = listen is null ? [] : ReadListen(listen),
        };
    }

    private bool Wants(TomlEntry entry) => entry.Value is TomlString name && Parameters.Find(name.Value) is Parameter<bool> parameter ? _main.Get(parameter)
        : throw AtValue(entry, "give the name of a yes/no parameter of main.toml, such as \"history_enable\"");

    // "address:port", "[address]:port", "host:port", or a port alone, which is that of all addresses in inet_interfaces.
    private List<IPEndPoint> ReadListen(TomlEntry entry)
    {
        const string Accepted = "give a list of \"address:port\", \"[IPv6 address]:port\" or \"port\", such as [\"127.0.0.1:25\", \"[::1]:25\"]";
        List<IPEndPoint> found = [];
        IReadOnlyList<TomlNode> items = entry.Value is TomlArray array ? array.Items : [entry.Value];
        foreach (TomlNode item in items)
        {
            string text = item switch
            {
                TomlString given => given.Value.StartsWith("inet:", StringComparison.Ordinal) ? given.Value[5..] : given.Value,
                TomlInteger number => number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => throw new ConfigurationException(_path, item.Line, item.Column, $"listen: {item.WithArticle} is not accepted here; {Accepted}"),
            };
            IReadOnlyList<IPAddress>? addresses;
            int? port;
            if (ServicePort.Parse(text.TrimStart('*').TrimStart(':')) is { } alone)
                (addresses, port) = (Interfaces(), alone);
            else if (HostAndPort.Parse(text) is { Port: { } given } host)
                (addresses, port) = (AddressesOf(host), given);
            else
                (addresses, port) = (null, null);
            if (addresses is null || port is null)
                throw new ConfigurationException(_path, item.Line, item.Column, $"listen: \"{text}\" is not accepted; {Accepted}");
            foreach (IPAddress address in addresses.Where(IsOfProtocol))
                found.Add(new IPEndPoint(address, port.Value));
        }
        if (found.Count == 0)
            throw AtValue(entry, $"{Accepted}, of a kind that inet_protocols has");
        if (found.Count > MostListeners)
            throw new ConfigurationException(_path, entry.Line, entry.Column, $"listen: {found.Count} addresses are more than {MostListeners}");
        return [.. found.Distinct()];
    }

    private const int MostListeners = 100;

    private static IReadOnlyList<IPAddress>? AddressesOf(HostAndPort host) => host.Address is { } address ? [address]
        : string.Equals(host.Host, "localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : null;

    private bool IsOfProtocol(IPAddress address)
    {
        IReadOnlyList<string> protocols = _main.Get(Parameters.InetProtocols);
        return protocols.Contains("all") || protocols.Contains(address.AddressFamily == AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4");
    }

    // inet_interfaces, as far as it names addresses.
    private List<IPAddress> Interfaces()
    {
        List<IPAddress> found = [];
        foreach (string name in _main.Get(Parameters.InetInterfaces))
        {
            switch (name)
            {
                case "all":
                    found.AddRange([IPAddress.Any, IPAddress.IPv6Any]);
                    break;
                case "loopback-only" or "localhost":
                    found.AddRange([IPAddress.Loopback, IPAddress.IPv6Loopback]);
                    break;
                default:
                    found.Add(HostAndPort.AddressIn(name.Trim('[', ']')) ?? throw new ConfigurationException(
                        $"inet_interfaces: \"{name}\" is a host name: a service that is to listen there needs its address in \"listen\""));
                    break;
            }
        }
        return found;
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

    private List<string> ReadEnvironment(TomlEntry entry)
    {
        const string Accepted = "give a list of \"NAME=value\", such as [\"OPENSSL_CONF=/etc/postfix.net/old.cnf\"]";
        List<string> items = ReadList(entry, Accepted);
        return items.TrueForAll(static item => item.IndexOf('=', StringComparison.Ordinal) is > 0 and var end && item.AsSpan(0, end).IndexOfAny(' ', '\t') < 0) ? items : throw AtValue(entry, Accepted);
    }

    private List<string> ReadList(TomlEntry entry, string accepted)
    {
        if (entry.Value is not TomlArray array)
            throw AtValue(entry, accepted);
        List<string> items = [];
        foreach (TomlNode item in array.Items)
        {
            if (item is not TomlString text || text.Value.Contains('\0'))
                throw new ConfigurationException(_path, item.Line, item.Column, $"{entry.Key}: {item.WithArticle} is not accepted here; {accepted}");
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

    private ConfigurationException AtValue(TomlEntry entry, string accepted)
    {
        string found = entry.Value is TomlString text ? $"\"{text.Value}\"" : entry.Value is TomlInteger number
            ? number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) : entry.Value.WithArticle;
        return new ConfigurationException(_path, entry.Value.Line, entry.Value.Column, $"{entry.Key}: {found} is not accepted; {accepted}");
    }
}
