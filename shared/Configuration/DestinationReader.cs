using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads the tables [destination."NAME"] of main.toml.</summary>
internal sealed class DestinationReader
{
    private const string Keys = "concurrency, rate, delay, recipients, retry, retry_unreachable, jitter, quiet_hours, tls, tls_certificate, tls_key, source, login";
    private const int MostPauses = 100;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromDays(30);

    private readonly MainConfig _config;
    private readonly DestinationRule _rule;
    private (string Path, SettingPlace Place)? _certificate, _key;

    private DestinationReader(MainConfig config, DestinationRule rule) => (_config, _rule) = (config, rule);

    /// <param name="config">For expansion and positions in messages.</param>
    /// <param name="node">What main.toml has under "destination".</param>
    /// <exception cref="ConfigurationException">Something in a table is not known, or not accepted.</exception>
    internal static DestinationRules Read(MainConfig config, TomlNode node)
    {
        if (node is not TomlTable tables)
            throw config.Wrong(DestinationRules.TableName, node, $"{node.WithArticle} is not accepted; give tables such as [destination.\"example.com\"]");
        Dictionary<string, DestinationRule> rules = new(StringComparer.Ordinal);
        foreach (TomlEntry entry in tables.Entries)
        {
            string label = Label(entry.Key);
            if (entry.Value is not TomlTable table)
                throw config.Wrong(label, entry.Value, $"{entry.Value.WithArticle} is not accepted; give a table");
            string name = entry.Key.ToLowerInvariant();
            if (!IsName(name))
                throw config.Wrong(label, table, "no name of a destination; give e.g. \"example.com\", \".example.com\", \"[host]:587\", \"mx:example.net\" or \"*\"");
            DestinationRule rule = new() { Name = name };
            if (!rules.TryAdd(name, rule))
                throw config.Wrong(label, table, "occurs twice; letter case does not matter");
            DestinationReader reader = new(config, rule);
            foreach (TomlEntry setting in table.Entries)
                reader.ReadSetting(setting);
            reader.ReadCertificate();
        }
        if (rules.Count == 0)
            return DestinationRules.None;
        if (rules.TryGetValue(DestinationRules.AnyName, out DestinationRule? any))
        {
            foreach (DestinationRule rule in rules.Values)
            {
                if (rule != any)
                    rule.CompleteFrom(any);
            }
        }
        return new DestinationRules(rules);
    }

    private void ReadSetting(TomlEntry entry)
    {
        // The servers are known only once an agent has looked them up, and then it is too late to choose how to talk to them.
        if (entry.Key is "tls" or "tls_certificate" or "tls_key" or "source" or "login" && _rule.IsForSite)
            throw Wrong(entry, entry.Value, "not accepted for an MX site; give it for a domain or a next hop");
        switch (entry.Key)
        {
            case "concurrency":
                _rule.Concurrency = Number(entry, 1, 100_000);
                break;
            case "recipients":
                _rule.Recipients = Number(entry, 1, 100_000);
                break;
            case "jitter":
                _rule.Jitter = Number(entry, 0, 100);
                break;
            case "quiet_hours":
                _rule.Quiet = Quiet(entry);
                break;
            case "delay":
                _rule.Delay = Time(entry, entry.Value, 0);
                break;
            case "rate":
                ReadRate(entry);
                break;
            case "retry":
                _rule.Retry = Retry(entry);
                break;
            case "retry_unreachable":
                _rule.RetryUnreachable = Retry(entry);
                break;
            case "tls":
                _rule.Tls = TlsLevel(entry);
                break;
            case "tls_certificate":
                _certificate = Path(entry);
                break;
            case "tls_key":
                _key = Path(entry);
                break;
            case "source":
                ReadSource(entry);
                break;
            case "login":
                (_rule.Login, _rule.LoginPlace) = (Login(entry), Place(entry));
                break;
            default:
                throw new ConfigurationException(_config.Path, entry.Line, entry.Column, entry.Value is TomlTable
                    ? $"{Label(_rule.Name)}: unknown table \"{entry.Key}\"; a name with dots needs quotes: [destination.\"example.com\"]"
                    : $"{Label(_rule.Name)}: unknown key \"{entry.Key}\"; known are {Keys}");
        }
    }

    private void ReadRate(TomlEntry entry)
    {
        string text = Text(entry, entry.Value);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !long.TryParse(text.AsSpan(0, slash).Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long messages) || messages is < 1 or > 1_000_000
            || !ValueText.TryReadTime(text[(slash + 1)..], 's', out long seconds) || seconds < 1 || seconds > (long)s_longestPause.TotalSeconds)
            throw Wrong(entry, entry.Value, $"\"{text}\" is not a rate; give messages per time, such as \"100/1m\"");
        (_rule.RateMessages, _rule.RatePeriod) = ((int)messages, TimeSpan.FromSeconds(seconds));
    }

    private RetryRule Retry(TomlEntry entry)
    {
        const string Accepted = "give \"postfix\", \"doubling\", \"quadratic\", or pauses such as \"5m, 15m, 1h, 4h\", with \"fail\" at the end to give up then";
        List<string> words = Words(entry);
        if (words is [var only])
        {
            switch (only)
            {
                case "postfix":
                    return new RetryRule(RetryLaw.Postfix, [], false);
                case "quadratic":
                    return new RetryRule(RetryLaw.Quadratic, [], false);
                case "doubling":
                    return Doubling();
            }
        }
        bool fails = words is [_, .., "fail"];
        List<TimeSpan> pauses = [];
        for (int i = 0; i < words.Count - (fails ? 1 : 0); i++)
        {
            if (!ValueText.TryReadTime(words[i], 's', out long seconds))
                throw Wrong(entry, entry.Value, $"\"{words[i]}\" is not understood; {Accepted}");
            pauses.Add(InRange(entry, entry.Value, seconds, 1));
        }
        if (pauses.Count is 0 or > MostPauses)
            throw Wrong(entry, entry.Value, $"{pauses.Count} pauses; {Accepted}");
        return new RetryRule(RetryLaw.List, pauses, fails);
    }

    // 7.5 minutes, 15 minutes, ... 16 hours: nine attempts within 32 hours.
    private static RetryRule Doubling()
    {
        TimeSpan[] pauses = new TimeSpan[8];
        for (int i = 0; i < pauses.Length; i++)
            pauses[i] = TimeSpan.FromSeconds(450 << i);
        return new RetryRule(RetryLaw.Doubling, pauses, ThenFails: true);
    }

    private QuietHours Quiet(TomlEntry entry)
    {
        try
        {
            return QuietHours.Parse(entry.Value is TomlArray list ? [.. list.Items.Select(item => Text(entry, item))] : [Text(entry, entry.Value)]);
        }
        catch (FormatException e)
        {
            throw Wrong(entry, entry.Value, e.Message);
        }
    }

    private string TlsLevel(TomlEntry entry)
    {
        string level = Text(entry, entry.Value);
        return DestinationRule.TlsLevels.Contains(level) ? level
            : throw Wrong(entry, entry.Value, $"\"{level}\" is not accepted; give one of \"{string.Join("\", \"", DestinationRule.TlsLevels)}\"");
    }

    // Relative ones would be those of the queue directory, where no process is to look for keys.
    private (string Path, SettingPlace Place) Path(TomlEntry entry)
    {
        string path = Text(entry, entry.Value);
        return path.StartsWith('/') ? (path, Place(entry)) : throw Wrong(entry, entry.Value, $"\"{path}\" is not accepted; give the path of a file, from \"/\" on");
    }

    private void ReadCertificate()
    {
        if (_certificate is { } certificate)
            _rule.Certificate = new DestinationCertificate(certificate.Path, certificate.Place, (_key ?? certificate).Path, (_key ?? certificate).Place);
        else if (_key is { } key)
            throw key.Place.Refuse("of no use without tls_certificate");
    }

    private void ReadSource(TomlEntry entry)
    {
        foreach (string word in Words(entry))
        {
            if (!IPAddress.TryParse(word, out IPAddress? address))
                throw Wrong(entry, entry.Value, $"\"{word}\" is not an IP address; give one of this host, or one of each kind: [\"192.0.2.1\", \"2001:db8::1\"]");
            bool isSix = address.AddressFamily == AddressFamily.InterNetworkV6;
            if ((isSix ? _rule.SourceIPv6 : _rule.SourceIPv4) is not null)
                throw Wrong(entry, entry.Value, $"\"{word}\" is a second address of its kind; give one of each at most");
            if (isSix)
                _rule.SourceIPv6 = address;
            else
                _rule.SourceIPv4 = address;
        }
    }

    private string Login(TomlEntry entry)
    {
        string key = Text(entry, entry.Value);
        if (key.Length == 0)
            throw Wrong(entry, entry.Value, "empty; give a key of smtp_sasl_password_maps");
        return _config.Get(Parameters.SmtpSaslAuthEnable) ? key
            : throw Wrong(entry, entry.Value, "there are no logins without smtp_sasl_auth_enable = true");
    }

    private int Number(TomlEntry entry, int least, int most)
    {
        if (entry.Value is not TomlInteger number)
            throw Wrong(entry, entry.Value, $"{entry.Value.WithArticle} is not accepted; give a whole number");
        return number.Value >= least && number.Value <= most ? (int)number.Value
            : throw Wrong(entry, entry.Value, $"{number.Value} is out of range; accepted are {least} to {most}");
    }

    private TimeSpan Time(TomlEntry entry, TomlNode node, int least)
    {
        if (node is TomlInteger number)
            return InRange(entry, node, number.Value, least);
        string text = Text(entry, node);
        return ValueText.TryReadTime(text, 's', out long seconds) ? InRange(entry, node, seconds, least)
            : throw Wrong(entry, node, $"\"{text}\" is not a time; give {ValueText.AcceptedTimes}");
    }

    private TimeSpan InRange(TomlEntry entry, TomlNode node, long seconds, int least) =>
        seconds >= least && seconds <= (long)s_longestPause.TotalSeconds ? TimeSpan.FromSeconds(seconds)
            : throw Wrong(entry, node, $"the time is out of range; accepted are {least}s to {s_longestPause.TotalDays}d");

    private List<string> Words(TomlEntry entry)
    {
        List<string> words = [];
        if (entry.Value is not TomlArray list)
        {
            ValueText.Split(Text(entry, entry.Value), words);
            return words;
        }
        foreach (TomlNode item in list.Items)
            words.Add(Text(entry, item).Trim());
        return words;
    }

    private string Text(TomlEntry entry, TomlNode node) => node switch
    {
        TomlString text => _config.Expand(Label(_rule.Name, entry.Key), text.Value, node).Trim(),
        TomlInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
        _ => throw Wrong(entry, node, $"{node.WithArticle} is not accepted; give text in quotes"),
    };

    // A domain, ".domain", "[host]:port", "mx:host", "*": no blanks, no "@", dots not side by side.
    private static bool IsName(string name)
    {
        string host = name.StartsWith(DestinationRules.SitePrefix, StringComparison.Ordinal) ? name[DestinationRules.SitePrefix.Length..] : name;
        if (host.Length is 0 or > 300 || host.EndsWith('.') || host.Contains("..", StringComparison.Ordinal)
            || (host.Length < name.Length && (host[0] is '.' or '[' || host.Contains(':', StringComparison.Ordinal))))
            return false;
        foreach (char c in host)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c) || c is '@' or '"' or ',' || (c == '*' && name != DestinationRules.AnyName))
                return false;
        }
        return true;
    }

    private static string Label(string name) => $"{DestinationRules.TableName}.\"{name}\"";

    private static string Label(string name, string key) => $"{Label(name)}.{key}";

    private SettingPlace Place(TomlEntry entry) => new(_config, Label(_rule.Name, entry.Key), entry.Value);

    private ConfigurationException Wrong(TomlEntry entry, TomlNode node, string problem) => _config.Wrong(Label(_rule.Name, entry.Key), node, problem);
}
