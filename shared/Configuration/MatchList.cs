using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tables;

namespace PostfixNet.Configuration;

/// <summary>A list of hosts, of domains or of words: mynetworks, relay_domains, masquerade_exceptions and their like.</summary>
/// <remarks>The first item that fits decides: an address ("192.0.2.1", "[::1]"), a network ("192.0.2.0/24", "[2001:db8::]/32"), a name, "/path"
/// of a file with such items, a lookup table whose keys are looked at; "!" in front turns the answer around. Letter case does not matter (ASCII).
/// If parent_domain_matches_subdomains has the name of the parameter, a name stands for all below it, too; if not, ".name" stands for those.</remarks>
public sealed class MatchList
{
    private const int LongestFile = 16 << 20;

    private readonly List<Item> _items = [];
    private readonly HashSet<string> _files = [];
    private readonly Kind _kind;
    private readonly bool _isForSubdomains;

    private MatchList(Kind kind, bool isForSubdomains) => (_kind, _isForSubdomains) = (kind, isForSubdomains);

    private enum Kind
    {
        Hosts,
        Domains,
        Words,
    }

    /// <summary>One of network, name and table is there.</summary>
    private sealed record Item(bool IsIncluded, IPNetwork? Network, string Name, LookupTable? Table);

    /// <summary>A list with nothing in it.</summary>
    public static MatchList Empty { get; } = new(Kind.Hosts, isForSubdomains: false);

    /// <summary>Nothing is in it.</summary>
    public bool IsEmpty => _items.All(static item => item.Table is { IsEmpty: true });

    /// <summary>True when a domain is in the list.</summary>
    /// <param name="domain">Without a dot at the end.</param>
    /// <exception cref="LookupException">A table cannot say now.</exception>
    public bool Contains(string domain) => Contains(domain, null);

    /// <summary>True when a host is in the list.</summary>
    /// <param name="name">Its name; one that nobody has, such as "unknown", fits nothing that is meant for names.</param>
    /// <param name="address">Its address; null: there is none.</param>
    /// <exception cref="LookupException">A table cannot say now.</exception>
    public bool Contains(string name, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        foreach (Item item in _items)
        {
            if (item.Network is { } network ? address is not null && network.Contains(address)
                : item.Table is { } table ? IsKey(table, name) || (address is not null && table.Find(address.ToString()) is not null)
                : IsWithin(name, item.Name))
                return item.IsIncluded;
        }
        return false;
    }

    /// <summary>Its items; tables have no text.</summary>
    public override string ToString() => string.Join(' ', _items.Select(static item =>
        $"{(item.IsIncluded ? "" : "!")}{(item.Network is { } network ? network.ToString() : item.Table is null ? item.Name : "table")}"));

    private bool IsWithin(string name, string pattern)
    {
        if (name.Equals(pattern, StringComparison.OrdinalIgnoreCase))
            return true;
        if (_kind == Kind.Words || name.Length <= pattern.Length || !name.EndsWith(pattern, StringComparison.OrdinalIgnoreCase))
            return false;
        return _isForSubdomains ? name[^(pattern.Length + 1)] == '.' : pattern.StartsWith('.');
    }

    private bool IsKey(LookupTable table, string name)
    {
        if (table.Find(name) is not null)
            return true;
        if (_kind == Kind.Words)
            return false;
        for (int dot = name.IndexOf('.', 0); dot >= 0 && dot < name.Length - 1; dot = name.IndexOf('.', dot + 1))
        {
            if (table.Find(name[(_isForSubdomains ? dot + 1 : dot)..], KeyKind.Part) is not null)
                return true;
        }
        return false;
    }

    /// <summary>Hosts: addresses, networks, names.</summary>
    /// <exception cref="ConfigurationException">An item is none of those, or a file or table cannot be used.</exception>
    internal static MatchList Hosts(ParameterValue value) => Read(value, Kind.Hosts);

    /// <summary>Domains.</summary>
    /// <inheritdoc cref="Hosts"/>
    internal static MatchList Domains(ParameterValue value) => Read(value, Kind.Domains);

    /// <summary>Words of any kind, such as names of users; each stands for itself alone.</summary>
    /// <inheritdoc cref="Hosts"/>
    internal static MatchList Words(ParameterValue value) => Read(value, Kind.Words);

    /// <summary>Domains, which when main.toml does not give them are the keys of virtual_alias_maps.</summary>
    /// <inheritdoc cref="Hosts"/>
    internal static MatchList AliasDomains(ParameterValue value)
    {
        // What stands there as a table has no text.
        if (value.Node is not null && value.Config.Texts.TextOf(value.Name, value.Node).Trim() != "$virtual_alias_maps")
            return Domains(value);
        MatchList list = new(Kind.Domains, isForSubdomains: false);
        LookupTable aliases = value.Config.Get(Parameters.VirtualAliasMaps);
        if (aliases.Waits)
            throw value.Wrong("not given, which means the keys of virtual_alias_maps; a server is asked for those, and whoever needs the domains cannot wait for it; name them here");
        list._items.Add(new Item(true, null, "", aliases));
        return list;
    }

    private static MatchList Read(ParameterValue value, Kind kind)
    {
        MatchList list = new(kind, kind != Kind.Words && value.Config.Get(Parameters.ParentDomainMatchesSubdomains).Contains(value.Name, StringComparer.OrdinalIgnoreCase));
        list.Add(value, Conversion.List(value, null), isIncluded: true);
        return list;
    }

    private void Add(ParameterValue value, IReadOnlyList<string> items, bool isIncluded)
    {
        foreach (string item in items)
        {
            string pattern = item.TrimStart('!');
            bool isMeant = isIncluded ^ ((item.Length - pattern.Length) % 2 == 1);
            if (pattern.StartsWith('/'))
                AddFile(value, pattern, isMeant);
            else if (_kind == Kind.Hosts && Network(pattern) is { } network)
                _items.Add(new Item(isMeant, network, "", null));
            else if (pattern.Contains(':', StringComparison.Ordinal) && !pattern.StartsWith('['))
                _items.Add(new Item(isMeant, null, "", value.Config.OpenTable(value.Name, value.Node, pattern, TableLimits.NoServers)));
            else if (_kind == Kind.Words ? pattern.Length > 0 : IsName(pattern))
                AddName(value, pattern, isMeant);
            else
                throw value.Wrong($"\"{item}\" {Problem(pattern)}");
        }
    }

    private void AddName(ParameterValue value, string name, bool isIncluded)
    {
        if (name.StartsWith('.') && _isForSubdomains)
            value.Config.Remark(Parameters.Find(value.Name)!, $"\"{name}\" fits nothing: \"{name[1..]}\" stands for all below it, too (parent_domain_matches_subdomains)");
        _items.Add(new Item(isIncluded, null, name, null));
    }

    private void AddFile(ParameterValue value, string path, bool isIncluded)
    {
        if (_files.Count > 100 || !_files.Add(path))
            throw value.Wrong($"{path} is named more than once");
        string text;
        try
        {
            text = ByteText.Decode(FileSystem.ReadAll(path, LongestFile, out _));
        }
        catch (SystemCallException e)
        {
            throw value.Wrong($"{path} cannot be read: {e.Reason}");
        }
        List<string> items = [];
        foreach (string line in text.Split('\n'))
        {
            if (!line.TrimStart().StartsWith('#'))
                ValueText.Split(line, items);
        }
        Add(value, items, isIncluded);
    }

    private string Problem(string pattern)
    {
        if (_kind == Kind.Words)
            return "is no word";
        if (_kind == Kind.Domains)
            return "is not a domain; give e.g. \"example.com\", \".example.com\", or the path of a file";
        int slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && Address(pattern[..slash]) is { } address && int.TryParse(pattern.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            && bits <= 8 * address.GetAddressBytes().Length)
        {
            IPNetwork network = new(Masked(address, bits), bits);
            string meant = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{network.BaseAddress}]/{bits}" : network.ToString();
            return $"has bits of a host beyond its network; perhaps \"{meant}\" is meant";
        }
        return "is not a host or network; give e.g. \"192.0.2.1\", \"192.0.2.0/24\", \"[2001:db8::]/32\", or the path of a file";
    }

    private static IPAddress Masked(IPAddress address, int bits)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - 8 * i, 0, 8));
        return new IPAddress(bytes);
    }

    private static IPNetwork? Network(string pattern)
    {
        int slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (Address(slash < 0 ? pattern : pattern[..slash]) is not { } address)
            return null;
        int most = 8 * address.GetAddressBytes().Length, bits = most;
        if (slash >= 0 && (!int.TryParse(pattern.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > most))
            return null;
        // IPv4 clients of an IPv6 socket: they are known by their IPv4 address.
        if (address.IsIPv4MappedToIPv6 && bits >= 96)
            (address, bits) = (address.MapToIPv4(), bits - 96);
        return Masked(address, bits).Equals(address) ? new IPNetwork(address, bits) : null;
    }

    private static IPAddress? Address(string text)
    {
        bool isBracketed = text is ['[', .., ']'];
        string bare = isBracketed ? text[1..^1] : text;
        if (bare.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase))
            bare = bare[5..];
        // The base library also takes "127.1" and "2130706433"; such a value is a slip of the pen here.
        if (bare.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(bare, out IPAddress? address)
            || (address.AddressFamily == AddressFamily.InterNetwork && bare.AsSpan().Count('.') != 3))
            return null;
        return address;
    }

    private static bool IsName(string text)
    {
        string name = text.StartsWith('.') ? text[1..] : text;
        return ParameterTexts.IsHostName(name) && !(name.Any(char.IsAsciiDigit) && name.All(static c => char.IsAsciiDigit(c) || c == '.'));
    }
}
