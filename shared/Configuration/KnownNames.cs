using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Which keys main.toml may have, and what a misspelt one was meant to be.</summary>
internal static class KnownNames
{
    // Endings of the names TRANSPORT_x; the parameter behind each begins with "default", but for initial_destination_concurrency.
    // Longer ones first: a name may end in several.
    private static readonly string[] s_transportSuffixes =
    [
        "_destination_concurrency_failed_cohort_limit", "_destination_concurrency_positive_feedback",
        "_destination_concurrency_negative_feedback", "_destination_concurrency_limit", "_destination_recipient_limit",
        "_initial_destination_concurrency", "_destination_rate_delay", "_transport_rate_delay", "_delivery_slot_cost",
        "_delivery_slot_loan", "_delivery_slot_discount", "_minimum_delivery_slots",
    ];

    // LMTP has a word of its own for HELO.
    private static readonly Dictionary<string, string> s_lmtpNames = new(StringComparer.Ordinal)
    {
        ["smtp_helo_name"] = "lmtp_lhlo_name",
        ["smtp_helo_timeout"] = "lmtp_lhlo_timeout",
        ["smtp_discard_ehlo_keywords"] = "lmtp_discard_lhlo_keywords",
        ["smtp_discard_ehlo_keyword_address_maps"] = "lmtp_discard_lhlo_keyword_address_maps",
    };

    /// <summary>Names that a parameter has for one transport alone, the one that counts most first.</summary>
    internal static IEnumerable<string> ForTransport(string fallback, string transport)
    {
        if (fallback.StartsWith("default_", StringComparison.Ordinal))
        {
            yield return $"{transport}{fallback["default".Length..]}";
        }
        else if (fallback == "initial_destination_concurrency")
        {
            yield return $"{transport}_{fallback}";
        }
        else if (transport == "lmtp" && fallback.StartsWith("smtp_", StringComparison.Ordinal))
        {
            if (s_lmtpNames.TryGetValue(fallback, out string? own))
                yield return own;
            yield return $"lmtp{fallback["smtp".Length..]}";
        }
    }

    /// <summary>The parameter whose kind and default a key of main.toml has; null when there is none.</summary>
    internal static Parameter? ParameterFor(string name)
    {
        if (Parameters.Find(name) is { } own)
            return own;
        if (TransportOf(name) is { } transport)
            return name.EndsWith("_initial_destination_concurrency", StringComparison.Ordinal) ? Parameters.InitialDestinationConcurrency
                : Parameters.Find($"default{name[transport.Length..]}");
        foreach ((string smtp, string lmtp) in s_lmtpNames)
        {
            if (name == lmtp)
                return Parameters.Find(smtp);
        }
        return name.StartsWith("lmtp_", StringComparison.Ordinal) ? Parameters.Find($"smtp{name["lmtp".Length..]}") : null;
    }

    /// <summary>The transport that a name of the form TRANSPORT_x is for; null for other names.</summary>
    internal static string? TransportOf(string name)
    {
        foreach (string suffix in s_transportSuffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) && Parameters.Find(name) is null)
                return name[..^suffix.Length];
        }
        return null;
    }

    /// <summary>True for parameters, their forms for one transport, and Postfix's parameters that this system has not.</summary>
    internal static bool IsKnown(string name) => ParameterFor(name) is not null || UnsupportedParameters.Find(name) is not null;

    /// <summary>The name of a parameter that no user, domain or host would have: a line that was meant for what is above a table.</summary>
    internal static bool IsUnlikelyKey(string key) => Parameters.Find(key) is not null || (key.Contains('_', StringComparison.Ordinal) && IsKnown(key));

    /// <summary>What is wrong with a top-level key of main.toml that is no parameter; null: some value refers to it, so it is a
    /// name made up by the operator.</summary>
    internal static string? UnknownKey(TomlTable root, TomlEntry entry)
    {
        bool isTable = entry.Value is TomlTable;
        if (!isTable && (IsReferenced(root, entry.Key) || IsRestrictionClass(root, entry.Key)))
            return null;
        string suggestion = isTable && EditDistance(entry.Key, DestinationRules.TableName) <= 2 ? $"; did you mean \"{DestinationRules.TableName}\"?"
            : isTable && EditDistance(entry.Key, DkimRules.TableName) <= 1 ? $"; did you mean \"{DkimRules.TableName}\"?"
            : isTable && EditDistance(entry.Key, OAuthRule.TableName) <= 2 ? $"; did you mean \"{OAuthRule.TableName}\"?"
            : isTable && EditDistance(entry.Key, WebhookRule.TableName) <= 2 ? $"; did you mean \"{WebhookRule.TableName}\"?" : Suggestion(entry.Key);
        return $"unknown {(isTable ? "table" : "parameter")} \"{entry.Key}\"{suggestion}";
    }

    /// <summary><c>; did you mean "NAME"?</c>, or nothing when no known name is near.</summary>
    internal static string Suggestion(string name)
    {
        string? best = null;
        // One slip in six letters, three at most; more would be guessing.
        int least = Math.Clamp(name.Length / 6, 1, 3);
        foreach (Parameter parameter in Parameters.All)
        {
            if (Math.Abs(parameter.Name.Length - name.Length) > least || name.Length > 100)
                continue;
            int distance = EditDistance(name, parameter.Name);
            if (distance < least || (distance == least && best is null))
                (best, least) = (parameter.Name, distance);
        }
        return best is null ? "" : $"; did you mean \"{best}\"?";
    }

    /// <summary>Characters inserted, removed, replaced or swapped with their neighbour.</summary>
    private static int EditDistance(string a, string b)
    {
        int[] before = new int[b.Length + 1], previous = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int cost = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost = Math.Min(cost, before[j - 2] + 1);
                current[j] = cost;
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[b.Length];
    }

    // smtpd_restriction_classes names parameters of the operator's own.
    private static bool IsRestrictionClass(TomlTable root, string name)
    {
        List<string> classes = [];
        IEnumerable<TomlNode> nodes = !root.TryGet(Parameters.SmtpdRestrictionClasses.Name, out TomlEntry? entry) ? [] : entry.Value is TomlArray array ? array.Items : [entry.Value];
        foreach (TomlString text in nodes.OfType<TomlString>())
            ValueText.Split(text.Value, classes);
        return classes.Contains(name);
    }

    private static bool IsReferenced(TomlNode node, string name) => node switch
    {
        TomlString { Value: string text } => text.Contains("$" + name, StringComparison.Ordinal)
            || text.Contains("${" + name, StringComparison.Ordinal) || text.Contains("$(" + name, StringComparison.Ordinal),
        TomlArray array => array.Items.Any(item => IsReferenced(item, name)),
        TomlTable table => table.Entries.Any(entry => IsReferenced(entry.Value, name)),
        _ => false,
    };
}
