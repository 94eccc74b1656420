using PostfixNet.Mail;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads the tables [dkim."DOMAIN"] of main.toml. What is in the files that they name is not looked at.</summary>
internal sealed class DkimReader
{
    private const string Keys = "keys, headers, oversign, canonicalization, identity";
    private const int MostHeaders = 100, LongestName = 76;

    private readonly MainConfig _config;
    private readonly string _label;
    private readonly DkimRule _rule;

    private DkimReader(MainConfig config, string label, DkimRule rule) => (_config, _label, _rule) = (config, label, rule);

    /// <param name="config">For expansion and positions in messages.</param>
    /// <param name="node">What main.toml has under "dkim".</param>
    /// <exception cref="ConfigurationException">Something in a table is not known, or not accepted.</exception>
    internal static DkimRules Read(MainConfig config, TomlNode node)
    {
        if (node is not TomlTable tables)
            throw config.Wrong(DkimRules.TableName, node, $"{node.WithArticle} is not accepted; give tables such as [dkim.\"example.com\"]");
        Dictionary<string, DkimRule> rules = new(StringComparer.Ordinal);
        foreach (TomlEntry entry in tables.Entries)
        {
            string label = $"{DkimRules.TableName}.\"{entry.Key}\"";
            if (entry.Value is not TomlTable table)
                throw config.Wrong(label, entry.Value, $"{entry.Value.WithArticle} is not accepted; give a table: [dkim.\"example.com\"]");
            if (DomainName.ToAscii(entry.Key)?.ToLowerInvariant() is not { } domain || !IsName(domain))
                throw config.Wrong(label, table, "is not a domain; give the one that signs, such as \"example.com\"");
            DkimRule rule = new() { Domain = domain };
            if (!rules.TryAdd(domain, rule))
                throw config.Wrong(label, table, "occurs twice; letter case does not matter");
            DkimReader reader = new(config, label, rule);
            foreach (TomlEntry setting in table.Entries)
                reader.ReadSetting(setting);
            reader.RequireSense(table);
        }
        return new DkimRules(rules);
    }

    private void ReadSetting(TomlEntry entry)
    {
        switch (entry.Key)
        {
            case "keys":
                ReadKeys(entry);
                break;
            case "headers":
                _rule.Headers = Names(entry);
                break;
            case "oversign":
                _rule.Oversigned = Names(entry);
                break;
            case "canonicalization":
                ReadCanonicalization(entry);
                break;
            case "identity":
                ReadIdentity(entry);
                break;
            default:
                throw new ConfigurationException(_config.Path, entry.Line, entry.Column, entry.Value is TomlTable
                    ? $"{_label}: unknown table \"{entry.Key}\"; a name with dots needs quotes: [dkim.\"example.com\"]"
                    : $"{_label}: unknown key \"{entry.Key}\"; known are {Keys}");
        }
    }

    private void ReadKeys(TomlEntry entry)
    {
        const string Accepted = "give selectors with the files of their keys, such as keys.s2026 = \"/etc/postfix.net/dkim/example.com.s2026.pem\"";
        if (entry.Value is not TomlTable table)
            throw Wrong(entry.Key, entry.Value, $"{entry.Value.WithArticle} is not accepted; {Accepted}");
        List<DkimKeySetting> keys = [];
        foreach (TomlEntry key in table.Entries)
        {
            string label = $"{_label}.keys.{key.Key}", selector = key.Key.ToLowerInvariant();
            if (key.Value is TomlTable)
                throw _config.Wrong(label, key.Value, "is a table; a selector with dots needs quotes: keys.\"s2026.mail\" = \"/path\"");
            if (!IsName(selector) || selector.Length + _rule.Domain.Length > 230)
                throw _config.Wrong(label, key.Value, "is no selector: it becomes a name in the DNS, SELECTOR._domainkey.DOMAIN; give letters, digits and \"-\"");
            if (key.Value is not TomlString text)
                throw _config.Wrong(label, key.Value, $"{key.Value.WithArticle} is not accepted; give the path of a file");
            string path = _config.Expand(label, text.Value, text).Trim();
            if (!path.StartsWith('/'))
                throw _config.Wrong(label, text, $"\"{path}\" is not a path from the root");
            if (keys.Exists(known => known.Selector == selector))
                throw _config.Wrong(label, text, "occurs twice; letter case does not matter");
            keys.Add(new DkimKeySetting(_config, label, text, selector, path));
        }
        _rule.Keys = keys;
    }

    private void ReadCanonicalization(TomlEntry entry)
    {
        string text = Text(entry.Key, entry.Value).ToLowerInvariant();
        string[] parts = text.Split('/');
        // RFC 6376 section 3.5: one word is for headers, and the body is simple.
        if (parts.Length > 2 || parts.Any(static part => part is not ("relaxed" or "simple")))
            throw Wrong(entry.Key, entry.Value, $"\"{text}\" is not accepted; give \"relaxed/relaxed\", \"relaxed/simple\", \"simple/relaxed\" or \"simple/simple\"");
        _rule.HasRelaxedHeaders = parts[0] == "relaxed";
        _rule.HasRelaxedBody = parts is [_, "relaxed"];
    }

    private void ReadIdentity(TomlEntry entry)
    {
        string text = Text(entry.Key, entry.Value);
        int at = text.LastIndexOf('@');
        string domain = text[(at + 1)..].ToLowerInvariant();
        bool isOurs = domain == _rule.Domain || domain.EndsWith($".{_rule.Domain}", StringComparison.Ordinal);
        // Of a local part only what needs no quoted-printable (RFC 6376 section 2.11) and no quotes.
        if (at < 0 || !isOurs || !IsName(domain) || !text[..at].All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '+' or '-') || at > 64)
            throw Wrong(entry.Key, entry.Value, $"\"{text}\" is not accepted; give \"@{_rule.Domain}\", or an address there or in a domain below");
        _rule.Identity = $"{text[..at]}@{domain}";
    }

    private List<string> Names(TomlEntry entry)
    {
        List<string> words = [], names = [];
        if (entry.Value is TomlArray list)
            words.AddRange(list.Items.Select(item => Text(entry.Key, item)));
        else
            ValueText.Split(Text(entry.Key, entry.Value), words);
        foreach (string name in words)
        {
            // RFC 5322 section 2.2; "=" and ";" would be read as the end of it in the signature.
            if (name.Length is 0 or > LongestName || name.Any(static c => c is <= ' ' or > '~' or ':' or ';' or '='))
                throw Wrong(entry.Key, entry.Value, $"\"{name}\" is not the name of a header field; give e.g. \"From\"");
            if (name.ToLowerInvariant() is "dkim-signature" or "return-path" or "received")
                throw Wrong(entry.Key, entry.Value, $"{name} is not accepted: it changes on the way of mail (RFC 6376 section 5.4)");
            if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
                names.Add(name);
        }
        return names.Count <= MostHeaders ? names : throw Wrong(entry.Key, entry.Value, $"{names.Count} names; {MostHeaders} are accepted");
    }

    private void RequireSense(TomlTable table)
    {
        if (_rule.Keys.Count == 0)
            throw _config.Wrong(_label, table, "there is no key to sign with; \"master dkim genkey\" makes one: keys.SELECTOR = \"/path\"");
        // RFC 6376 section 5.4.
        if (!_rule.Headers.Contains("From", StringComparer.OrdinalIgnoreCase))
            throw Wrong("headers", Value(table, "headers"), "From must be among them");
        if (_rule.Oversigned.FirstOrDefault(name => !_rule.Headers.Contains(name, StringComparer.OrdinalIgnoreCase)) is not { } other)
            return;
        // Where only one of the two lists is given, the other one's usual names that are not in it are not meant.
        _rule.Oversigned = table.TryGet("oversign", out TomlEntry? given) ? throw Wrong("oversign", given.Value, $"{other} is not among the headers that are signed")
            : [.. _rule.Oversigned.Where(name => _rule.Headers.Contains(name, StringComparer.OrdinalIgnoreCase))];
    }

    private static TomlNode Value(TomlTable table, string key) => table.TryGet(key, out TomlEntry? entry) ? entry.Value : table;

    private string Text(string key, TomlNode node) => node is TomlString text ? _config.Expand($"{_label}.{key}", text.Value, node).Trim()
        : throw Wrong(key, node, $"{node.WithArticle} is not accepted; give text in quotes");

    // RFC 6376 section 3.1: sub-domains of RFC 5321.
    private static bool IsName(string name) => name.Length <= 250 && name.Split('.').All(static label => label.Length is > 0 and <= 63
        && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    private ConfigurationException Wrong(string key, TomlNode node, string problem) => _config.Wrong($"{_label}.{key}", node, problem);
}
