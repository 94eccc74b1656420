using System.Text.RegularExpressions;

namespace PostfixNet.Tlsrpt;

/// <summary>The TXT record by which a domain asks for reports, RFC 8460 section 3.</summary>
/// <param name="Text">As it was found.</param>
/// <param name="Uris">Where reports go: 1 or more.</param>
internal sealed partial record ReportingRecord(string Text, IReadOnlyList<ReportUri> Uris)
{
    private const string Begin = "v=TLSRPTv1;", Rua = "rua=";

    /// <summary>Reports go to so many places at most.</summary>
    internal const int MostUris = 10;

    /// <summary>Where the record of a domain is.</summary>
    internal static string NameOf(string domain) => $"_smtp._tls.{domain}";

    /// <summary>Finds the record among those of the name.</summary>
    /// <returns>null: the domain wants no reports.</returns>
    internal static ReportingRecord? Of(IEnumerable<string> texts)
    {
        string[] candidates = [.. texts.Where(static text => text.StartsWith(Begin, StringComparison.Ordinal)).Take(2)];
        return candidates is [var only] ? Parse(only) : null;
    }

    /// <summary>Reads a record.</summary>
    /// <returns>null: malformed, or without a place that reports can go to.</returns>
    internal static ReportingRecord? Parse(string text)
    {
        if (!text.StartsWith(Begin, StringComparison.Ordinal))
            return null;
        List<ReportUri> uris = [];
        string[] fields = text[Begin.Length..].Split(';');
        for (int i = 0; i < fields.Length; i++)
        {
            string field = fields[i].Trim(' ', '\t');
            // A delimiter may stand at the end.
            if (field.Length == 0 && i == fields.Length - 1 && i > 0)
                break;
            if (field.StartsWith(Rua, StringComparison.Ordinal))
            {
                foreach (string part in field[Rua.Length..].Split(','))
                {
                    if (ReportUri.TryParse(part.Trim(' ', '\t'), out ReportUri? uri) && uris.Count < MostUris && !uris.Contains(uri))
                        uris.Add(uri);
                }
            }
            else if (!Extension().IsMatch(field))
            {
                return null;
            }
        }
        return uris.Count > 0 ? new ReportingRecord(text, uris) : null;
    }

    // tlsrpt-extension: a version of this that knows more.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Extension();
}
