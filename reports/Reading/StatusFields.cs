using System.Text.RegularExpressions;
using PostfixNet.Mail;

namespace PostfixNet.Reports;

/// <summary>Groups of fields, as delivery statuses (RFC 3464 section 2.1) and feedback reports (RFC 5965 section 3) have them.</summary>
internal static partial class StatusFields
{
    private const int MostGroups = 1000, MostFields = 100, LongestValue = 2000;

    /// <summary>Reads the groups: names in small letters, of equal ones the first.</summary>
    internal static List<Dictionary<string, string>> Read(string text)
    {
        List<Dictionary<string, string>> groups = [];
        Dictionary<string, string> group = [];
        string? name = null;
        foreach (string line in text.Split('\n'))
        {
            string field = line.TrimEnd('\r', ' ', '\t');
            if (field.Length == 0)
            {
                if (group.Count > 0 && groups.Count < MostGroups)
                    groups.Add(group);
                (group, name) = (group.Count > 0 ? [] : group, null);
            }
            else if (field[0] is ' ' or '\t')
            {
                if (name is not null && group[name].Length < LongestValue)
                    group[name] = $"{group[name]} {field.Trim()}".Trim();
            }
            else
            {
                int colon = field.IndexOf(':', StringComparison.Ordinal);
                name = colon > 0 && group.Count < MostFields ? field[..colon].Trim().ToLowerInvariant() : null;
                if (name is not null && !group.TryAdd(name, Cut(field[(colon + 1)..].Trim())))
                    name = null;
            }
        }
        if (group.Count > 0 && groups.Count < MostGroups)
            groups.Add(group);
        return groups;
    }

    /// <summary>A recipient of its group; null: the group is about the message.</summary>
    internal static ReportedRecipient? Recipient(Dictionary<string, string> group)
    {
        string address = AddressOf(group.GetValueOrDefault("original-recipient") ?? ""), final = AddressOf(group.GetValueOrDefault("final-recipient") ?? "");
        string action = group.GetValueOrDefault("action") ?? "", diagnostic = Untyped(group.GetValueOrDefault("diagnostic-code") ?? "");
        string status = StatusIn(group.GetValueOrDefault("status") ?? "") ?? "";
        // Some have only one of these fields; but a group with neither is no recipient's.
        if (final.Length == 0 && address.Length == 0 && action.Length == 0)
            return null;
        // What the last server said is closer to the matter than "5.0.0", which stands for not known.
        if (status is "" or "5.0.0" or "4.0.0")
            status = StatusIn(diagnostic) ?? (status.Length > 0 ? status : ReplyClass(diagnostic));
        ReportKind kind = ActionWord().Match(action).Value.ToLowerInvariant() switch
        {
            "failed" or "failure" => ReportKind.Failure,
            "delayed" => ReportKind.Delay,
            "delivered" or "relayed" or "expanded" => ReportKind.Success,
            _ => status.Length == 0 ? ReportKind.Other : status[0] switch { '5' => ReportKind.Failure, '4' => ReportKind.Delay, _ => ReportKind.Success },
        };
        if (kind == ReportKind.Failure && status.Length == 0)
            status = "5.0.0";
        return new ReportedRecipient(address.Length > 0 ? address : final, kind, status, diagnostic);
    }

    /// <summary>The address of "rfc822; ann@example.com", as the world writes it.</summary>
    internal static string AddressOf(string text)
    {
        int semicolon = text.IndexOf(';', StringComparison.Ordinal);
        string type = semicolon > 0 ? text[..semicolon].Trim() : "", rest = text[(semicolon + 1)..].Trim();
        if (type.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            rest = Xtext.DecodeUtf8Address(rest) ?? rest;
        string address = Address.FromExternal(Address.StripBrackets(rest));
        return address.Contains('@', StringComparison.Ordinal) && !address.Any(char.IsControl) && address.Length < 500 ? address : "";
    }

    /// <summary>The first status code in a text; null: there is none.</summary>
    internal static string? StatusIn(string text) => StatusCode().Match(text) is { Success: true } match ? match.Value : null;

    /// <summary>What a reply code says, as a status: "5.0.0" of 550; empty: there is none.</summary>
    internal static string ReplyClass(string text) => ReplyCode().Match(text) is { Success: true } match ? $"{match.Value[0]}.0.0" : "";

    // "smtp; 550 ...", "x-unix; ...".
    private static string Untyped(string text)
    {
        int semicolon = text.IndexOf(';', StringComparison.Ordinal);
        return semicolon is > 0 and < 20 && !text.AsSpan(0, semicolon).ContainsAny(" <>@") ? text[(semicolon + 1)..].Trim() : text;
    }

    private static string Cut(string value) => value.Length <= LongestValue ? value : value[..LongestValue];

    [GeneratedRegex(@"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]\d)", RegexOptions.CultureInvariant)]
    private static partial Regex StatusCode();

    [GeneratedRegex(@"(?<!\d)[45][0-5]\d(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex ReplyCode();

    [GeneratedRegex("^[A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex ActionWord();
}
