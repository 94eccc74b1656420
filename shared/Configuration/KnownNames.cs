using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Which keys of main.toml are parameters, and what an unknown one was probably meant to be.</summary>
internal static class KnownNames
{
    // What a transport may set for itself: TRANSPORT + suffix, in place of default_ + suffix.
    private static readonly string[] s_transportSuffixes =
    [
        "_destination_concurrency_limit", "_destination_recipient_limit", "_destination_rate_delay",
        "_destination_concurrency_failed_cohort_limit", "_destination_concurrency_positive_feedback",
        "_destination_concurrency_negative_feedback", "_delivery_slot_cost", "_delivery_slot_loan", "_delivery_slot_discount",
        "_recipient_limit", "_extra_recipient_limit", "_recipient_refill_limit", "_recipient_refill_delay", "_transport_rate_delay",
    ];

    // These two carry the word "default" in another way.
    private const string InitialSuffix = "_initial_destination_concurrency", MinimumSlotsSuffix = "_minimum_delivery_slots";

    /// <summary>The key by which a transport overrides a parameter; null when it cannot.</summary>
    internal static string? ForTransport(string parameter, string transport) => parameter switch
    {
        "initial_destination_concurrency" => transport + InitialSuffix,
        "default_minimum_delivery_slots" => transport + MinimumSlotsSuffix,
        _ when parameter.StartsWith("default_", StringComparison.Ordinal) => transport + parameter["default".Length..],
        _ when transport == "lmtp" && parameter.StartsWith("smtp_", StringComparison.Ordinal) => "lmtp" + parameter["smtp".Length..],
        _ => null,
    };

    /// <summary>The parameter that a key sets, for all transports or for one; null: unknown.</summary>
    internal static Parameter? ParameterFor(string key)
    {
        if (Parameters.Find(key) is { } parameter)
            return parameter;
        if (key.EndsWith(InitialSuffix, StringComparison.Ordinal))
            return Parameters.InitialDestinationConcurrency;
        if (key.EndsWith(MinimumSlotsSuffix, StringComparison.Ordinal))
            return Parameters.Find("default_minimum_delivery_slots");
        if (key.StartsWith("lmtp_", StringComparison.Ordinal) && Parameters.Find("smtp_" + key["lmtp_".Length..]) is { } twin)
            return twin;
        foreach (string suffix in s_transportSuffixes)
        {
            if (key.Length > suffix.Length && key.EndsWith(suffix, StringComparison.Ordinal))
                return Parameters.Find("default" + suffix);
        }
        return null;
    }

    /// <summary>A warning for each key that is no parameter and that no value refers to as $name.</summary>
    internal static List<string> FindUnknown(TomlTable root, string path)
    {
        List<string> warnings = [];
        foreach (TomlEntry entry in root.Entries)
        {
            if (ParameterFor(entry.Key) is not null || IsReferredTo(root, entry.Key))
                continue;
            warnings.Add($"{path}:{entry.Line}:{entry.Column}: unknown parameter \"{entry.Key}\"{Suggestion(entry.Key)}");
        }
        return warnings;
    }

    // As in Postfix, a name of one's own may be defined and used by others.
    private static bool IsReferredTo(TomlTable root, string key)
    {
        foreach (TomlEntry entry in root.Entries)
        {
            if (entry.Value is TomlString { Value: var text } && (text.Contains("$" + key, StringComparison.Ordinal)
                || text.Contains("${" + key, StringComparison.Ordinal) || text.Contains("$(" + key, StringComparison.Ordinal)))
                return true;
        }
        return false;
    }

    /// <summary>True for the name of a parameter, or of a transport's version of one.</summary>
    internal static bool IsKnown(string name) => ParameterFor(name) is not null;

    /// <summary>A hint to add to a message about an unknown name; empty when nothing is near.</summary>
    internal static string Suggestion(string name) => Nearest(name) is { } near ? $"; did you mean \"{near}\"?" : "";

    private static string? Nearest(string key)
    {
        string? best = null;
        int least = Math.Max(2, key.Length / 4) + 1;
        foreach (Parameter parameter in Parameters.All)
        {
            int distance = Distance(key, parameter.Name, least);
            if (distance < least)
                (least, best) = (distance, parameter.Name);
        }
        return best;
    }

    // Levenshtein distance, given up at the limit.
    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) >= limit)
            return limit;
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
