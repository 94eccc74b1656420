using System.Buffers;

namespace PostfixNet.MtaSts;

/// <summary>The TXT record by which a domain announces that it has a policy, RFC 8461 section 3.1.</summary>
public static class StsRecord
{
    private const int LongestId = 32, LongestName = 32;
    private const string Version = "v=STSv1";
    private static readonly SearchValues<char> s_id = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> s_name = SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>Where the record of a domain is.</summary>
    public static string NameFor(string domain) => $"_mta-sts.{domain}";

    /// <summary>The id of the policy that records announce.</summary>
    /// <param name="texts">All TXT records at the name, each with its strings joined.</param>
    /// <returns>null: no policy is to be had: there is no such record, more than one, or it is malformed.</returns>
    public static string? IdIn(IEnumerable<string> texts)
    {
        string[] announcing = [.. texts.Where(IsAnnouncement).Take(2)];
        return announcing.Length == 1 ? IdOf(announcing[0]) : null;
    }

    /// <summary>An id may stand in a record.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length is > 0 and <= LongestId && !text.ContainsAnyExcept(s_id);

    // Whatever else is at the name is not meant for us.
    private static bool IsAnnouncement(string text) =>
        text.StartsWith(Version, StringComparison.Ordinal) && text.AsSpan(Version.Length).TrimStart(" \t").StartsWith(";");

    private static string? IdOf(string text)
    {
        string? id = null;
        string[] fields = text.Split(';');
        // A delimiter may end the record; elsewhere there is a field between two.
        int count = fields.Length > 2 && fields[^1].AsSpan().Trim(" \t").IsEmpty ? fields.Length - 1 : fields.Length;
        for (int i = 1; i < count; i++)
        {
            ReadOnlySpan<char> field = fields[i].AsSpan().Trim(" \t");
            int equals = field.IndexOf('=');
            if (equals < 0 || !IsName(field[..equals]) || !IsValue(field[(equals + 1)..]))
                return null;
            // Section 3.2: of fields that are repeated the first counts.
            if (field[..equals] is "id" && id is null)
            {
                if (!IsId(field[(equals + 1)..]))
                    return null;
                id = field[(equals + 1)..].ToString();
            }
        }
        return id;
    }

    /// <summary>The name of a field, in a record or a policy.</summary>
    internal static bool IsName(ReadOnlySpan<char> text) => text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(s_name);

    private static bool IsValue(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is <= ' ' or '=' or ';' or > '~')
                return false;
        }
        return !text.IsEmpty;
    }
}
