using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads the tables [webhook."NAME"] of main.toml. The secrets themselves are not looked at.</summary>
internal sealed class WebhookReader(MainConfig config, string label, TomlTable table)
{
    private const string Keys = "url, secret, previous_secret, events, senders, recipients, allow_private, CAfile, timeout, backoff, expire";
    private const int LongestName = 64, MostTables = 100;

    /// <param name="config">For expansion and positions in messages.</param>
    /// <param name="node">What main.toml has under "webhook".</param>
    /// <returns>In the order of main.toml.</returns>
    /// <exception cref="ConfigurationException">Something in a table is not known, or not accepted.</exception>
    internal static List<WebhookRule> Read(MainConfig config, TomlNode node)
    {
        if (node is not TomlTable tables)
            throw config.Wrong(WebhookRule.TableName, node, $"{node.WithArticle} is not accepted; give tables such as [webhook.\"shop\"]");
        if (tables.Entries.Count > MostTables)
            throw config.Wrong(WebhookRule.TableName, node, $"{tables.Entries.Count} tables; {MostTables} are accepted");
        List<WebhookRule> rules = [];
        foreach (TomlEntry entry in tables.Entries)
        {
            string label = $"{WebhookRule.TableName}.\"{entry.Key}\"";
            if (entry.Value is not TomlTable table)
                throw config.Wrong(label, entry.Value, $"{entry.Value.WithArticle} is not accepted; give a table: [webhook.\"shop\"]");
            // "master webhooks retry" takes it, a number, or ALL.
            if (entry.Key.Length is 0 or > LongestName || entry.Key == "ALL" || !char.IsAsciiLetter(entry.Key[0]) || !entry.Key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                throw config.Wrong(label, table, $"is no name for it; give up to {LongestName} letters, digits, \"-\" and \"_\", a letter first, and not \"ALL\"");
            WebhookReader reader = new(config, label, table);
            WebhookRule rule = reader.Read(entry.Key);
            // One request at a time goes to a URL.
            if (rules.Find(known => known.Url == rule.Url) is { } other)
                throw reader.Wrong("url", $"is that of [webhook.\"{other.Name}\"], too; one table can have all events of a URL");
            rules.Add(rule);
        }
        return rules;
    }

    private WebhookRule Read(string name)
    {
        foreach (TomlEntry entry in table.Entries)
        {
            if (!Keys.Split(", ").Contains(entry.Key))
                throw new ConfigurationException(config.Path, entry.Line, entry.Column, $"{label}: unknown key \"{entry.Key}\"; known are {Keys}");
        }
        string file = Text("CAfile") ?? "";
        if (file.Length > 0 && !file.StartsWith('/'))
            throw Wrong("CAfile", $"\"{file}\" is not a path from the root");
        return new WebhookRule(name, Url(), Secret("secret") ?? throw config.Wrong(label, table, "secret is missing: receivers know by its signature who sends"))
        {
            PreviousSecret = Secret("previous_secret"),
            Events = Words("events"),
            Senders = Addresses("senders"),
            Recipients = Addresses("recipients"),
            AllowsPrivate = Flag("allow_private"),
            CAfile = file,
            Timeout = Time("timeout", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            Backoff = Time("backoff", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            Expire = Time("expire", TimeSpan.FromDays(3), TimeSpan.FromMinutes(1), TimeSpan.FromDays(100)),
            Refuse = Wrong,
        };
    }

    private Uri Url()
    {
        string text = Text("url") is { Length: > 0 } given ? given : throw config.Wrong(label, table, "url is missing");
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 && uri.HostNameType == UriHostNameType.Dns
            ? uri : throw Wrong("url", "is not an address that begins with https:// and the name of a host, without a password");
    }

    private SecretPlace? Secret(string key) => Text(key) is not { } text ? null
        : SecretPlace.Parse(text, ':') ?? throw Wrong(key, "is not accepted; give its place: \"file:/path\", \"credential:NAME\" (of systemd) or \"env:NAME\"");

    private List<string> Addresses(string key)
    {
        List<string> addresses = [.. Words(key).Select(static word => word.ToLowerInvariant())];
        return addresses.Find(static word => word.StartsWith('@') || word.EndsWith('@') || word.StartsWith('.') || word.Contains('*', StringComparison.Ordinal)) is { } odd
            ? throw Wrong(key, $"\"{odd}\" is not accepted; give addresses and domains, such as \"shop@example.com\" or \"example.com\"") : addresses;
    }

    private List<string> Words(string key)
    {
        List<string> words = [];
        if (!table.TryGet(key, out TomlEntry? entry))
            return words;
        if (entry.Value is TomlArray list)
            words.AddRange(list.Items.Select(item => Text(key, item)));
        else
            ValueText.Split(Text(key, entry.Value), words);
        return words.Count > 0 ? words : throw Wrong(key, "is empty: leave it out, for what is usual");
    }

    private bool Flag(string key) => table.TryGet(key, out TomlEntry? entry)
        && (entry.Value is TomlBoolean flag ? flag.Value : throw Wrong(key, $"{entry.Value.WithArticle} is not accepted; give true or false"));

    private TimeSpan Time(string key, TimeSpan usual, TimeSpan least, TimeSpan most)
    {
        if (!table.TryGet(key, out TomlEntry? entry))
            return usual;
        TimeSpan? time = entry.Value is TomlInteger { Value: >= 0 and <= int.MaxValue } seconds ? TimeSpan.FromSeconds(seconds.Value) : MainConfig.Time(Text(key, entry.Value));
        return time is { } given && given >= least && given <= most ? given : throw Wrong(key, $"is not accepted; give a time from {Shown(least)} to {Shown(most)}, such as \"{Shown(usual)}\"");
    }

    private static string Shown(TimeSpan time) => time.TotalDays >= 1 ? $"{time.TotalDays:0}d" : time.TotalHours >= 1 ? $"{time.TotalHours:0}h" : time.TotalMinutes >= 2 ? $"{time.TotalMinutes:0}m" : $"{time.TotalSeconds:0}s";

    private string? Text(string key) => table.TryGet(key, out TomlEntry? entry) ? Text(key, entry.Value) : null;

    private string Text(string key, TomlNode node) => node is TomlString text ? config.Expand($"{label}.{key}", text.Value, node).Trim()
        : throw Wrong(key, $"{node.WithArticle} is not accepted; give text in quotes");

    private ConfigurationException Wrong(string key, string problem) => config.Wrong($"{label}.{key}", table.TryGet(key, out TomlEntry? entry) ? entry.Value : table, problem);
}
