using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads the tables [oauth."NAME"] of main.toml. The secrets themselves are not looked at.</summary>
internal sealed class OAuthReader(MainConfig config, string label, TomlTable table)
{
    private const string Keys = "token_endpoint, client_id, client_secret, refresh_token, scope, client_authentication, CAfile";
    private const int LongestName = 64;

    /// <param name="config">For expansion and positions in messages.</param>
    /// <param name="node">What main.toml has under "oauth".</param>
    /// <returns>By name.</returns>
    /// <exception cref="ConfigurationException">Something in a table is not known, or not accepted.</exception>
    internal static Dictionary<string, OAuthRule> Read(MainConfig config, TomlNode node)
    {
        if (node is not TomlTable tables)
            throw config.Wrong(OAuthRule.TableName, node, $"{node.WithArticle} is not accepted; give tables such as [oauth.\"office\"]");
        Dictionary<string, OAuthRule> rules = new(StringComparer.Ordinal);
        foreach (TomlEntry entry in tables.Entries)
        {
            string label = $"{OAuthRule.TableName}.\"{entry.Key}\"";
            if (entry.Value is not TomlTable table)
                throw config.Wrong(label, entry.Value, $"{entry.Value.WithArticle} is not accepted; give a table: [oauth.\"office\"]");
            // It becomes the name of a file.
            if (entry.Key.Length is 0 or > LongestName || !entry.Key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                throw config.Wrong(label, table, $"is no name for it; give up to {LongestName} letters, digits, \"-\" and \"_\"");
            rules.Add(entry.Key, new OAuthReader(config, label, table).Read(entry.Key));
        }
        return rules;
    }

    private OAuthRule Read(string name)
    {
        foreach (TomlEntry entry in table.Entries)
        {
            if (!Keys.Split(", ").Contains(entry.Key))
                throw new ConfigurationException(config.Path, entry.Line, entry.Column, $"{label}: unknown key \"{entry.Key}\"; known are {Keys}");
        }
        string authentication = Text("client_authentication") ?? "body";
        if (authentication is not ("body" or "basic"))
            throw Wrong("client_authentication", $"\"{authentication}\" is not accepted; give \"body\" or \"basic\"");
        string file = Text("CAfile") ?? "";
        if (file.Length > 0 && !file.StartsWith('/'))
            throw Wrong("CAfile", $"\"{file}\" is not a path from the root");
        string client = Required("client_id");
        (SecretPlace? secret, SecretPlace? refresh) = (Secret("client_secret"), Secret("refresh_token"));
        if (secret is null && refresh is null)
            throw config.Wrong(label, table, "there is no secret: client_secret for client credentials, refresh_token (and often client_secret) for the account of a person");
        return new OAuthRule(name, Endpoint(), client, secret, refresh, Text("scope") ?? "", file, authentication == "basic");
    }

    private Uri Endpoint()
    {
        string text = Required("token_endpoint");
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 && uri.HostNameType == UriHostNameType.Dns
            ? uri : throw Wrong("token_endpoint", "is not an address that begins with https:// and the name of a host");
    }

    private SecretPlace? Secret(string key) => Text(key) is not { } text ? null
        : SecretPlace.Parse(text, ':') ?? throw Wrong(key, "is not accepted; give its place: \"file:/path\", \"credential:NAME\" (of systemd) or \"env:NAME\"");

    private string Required(string key) => Text(key) is { Length: > 0 } text ? text : throw config.Wrong(label, table, $"{key} is missing");

    private string? Text(string key) => !table.TryGet(key, out TomlEntry? entry) ? null
        : entry.Value is TomlString text ? config.Expand($"{label}.{key}", text.Value, text).Trim()
        : throw Wrong(key, $"{entry.Value.WithArticle} is not accepted; give text in quotes");

    private ConfigurationException Wrong(string key, string problem) => config.Wrong($"{label}.{key}", table.TryGet(key, out TomlEntry? entry) ? entry.Value : table, problem);
}
