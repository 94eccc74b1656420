using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>A parameter of Postfix that this system has not.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRefused">It can change what becomes of mail, or what is told of it: nothing starts with it. Otherwise
/// nobody would see a difference, and a warning says so.</param>
/// <param name="Reason">Why it is not there; one line, "there is no local delivery".</param>
/// <param name="Defaults">Postfix's default, not expanded, and other values that come to the same; these are accepted.</param>
internal sealed record UnsupportedParameter(string Name, bool IsRefused, string Reason, IReadOnlyList<string> Defaults);

/// <summary>What main.toml may say of parameters of Postfix that this system has not: their default. A main.toml made from a
/// Postfix configuration has them, and must not be taken for one that works as it did there.</summary>
internal static class UnsupportedParameters
{
    // Forms for one transport, longer endings first.
    private static readonly (string Suffix, string Reason)[] s_ofTransports =
    [
        ("_extra_recipient_limit", "memory is shared by all transports: default_extra_recipient_limit"),
        ("_recipient_refill_limit", "memory is shared by all transports: default_recipient_refill_limit"),
        ("_recipient_refill_delay", "memory is shared by all transports: default_recipient_refill_delay"),
        ("_recipient_limit", "memory is shared by all transports: qmgr_message_recipient_limit"),
        ("_time_limit", "no transport runs commands"),
    ];

    private static Dictionary<string, UnsupportedParameter>? s_byName;

    /// <summary>The parameter of that name, or, for lmtp_x, that of smtp_x; null when Postfix has none, or this system has it.</summary>
    internal static UnsupportedParameter? Find(string name)
    {
        s_byName ??= Read(UnsupportedTable.Text);
        if (s_byName.TryGetValue(name, out UnsupportedParameter? found))
            return found;
        if (name.StartsWith("lmtp_", StringComparison.Ordinal) && s_byName.TryGetValue($"smtp_{name["lmtp_".Length..]}", out found))
            return found;
        foreach ((string suffix, string reason) in s_ofTransports)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal))
                return new UnsupportedParameter(name, IsRefused: false, reason, [$"${(suffix == "_time_limit" ? "command" : "default")}{suffix}"]);
        }
        return null;
    }

    /// <summary>All of them.</summary>
    internal static IReadOnlyCollection<UnsupportedParameter> All => (s_byName ??= Read(UnsupportedTable.Text)).Values;

    /// <summary>A value comes to the same as one of the defaults.</summary>
    internal static bool IsDefault(this UnsupportedParameter parameter, MainConfig config, TomlEntry entry)
    {
        if (entry.Value is TomlTable table)
            return table.Entries.Count == 0 && parameter.Defaults.Contains("");
        string written = config.Texts.TextOf(entry.Key, entry.Value);
        if (parameter.Defaults.Contains(written))
            return true;
        return Expanded(config, entry, written) is { } value
            && parameter.Defaults.Any(text => Expanded(config, entry, text) is { } other && ValueText.IsSame(value, other));
    }

    // Some refer to what only the program knew that is not there, such as $home: null.
    private static string? Expanded(MainConfig config, TomlEntry entry, string text)
    {
        try
        {
            return config.Expand(entry.Key, text, entry.Value);
        }
        catch (ConfigurationException)
        {
            return null;
        }
    }

    // "[refused] REASON" or "[meaningless] REASON", then lines "name = default"; a name may stand there several times.
    private static Dictionary<string, UnsupportedParameter> Read(string text)
    {
        Dictionary<string, UnsupportedParameter> byName = new(StringComparer.Ordinal);
        bool isRefused = false;
        string reason = "";
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('['))
            {
                int end = line.IndexOf(']', StringComparison.Ordinal);
                (isRefused, reason) = (line[1..end] == "refused", line[(end + 2)..]);
            }
            else if (line.IndexOf(" =", StringComparison.Ordinal) is > 0 and int equals)
            {
                string name = line[..equals], value = line[(equals + 2)..].Trim();
                if (byName.TryGetValue(name, out UnsupportedParameter? earlier))
                    byName[name] = earlier with { Defaults = [.. earlier.Defaults, value] };
                else
                    byName.Add(name, new UnsupportedParameter(name, isRefused, reason, [value]));
            }
        }
        return byName;
    }
}
