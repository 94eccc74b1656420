using System.Text;

namespace PostfixNet.Dkim;

/// <summary>The TXT record that gives receivers the public key of a selector, RFC 6376 section 3.6.1.</summary>
public static class DkimRecord
{
    /// <summary>Octets of one string of a TXT record, RFC 1035 section 3.3.</summary>
    public const int LongestString = 255;

    /// <summary>Where it is.</summary>
    public static string NameOf(string selector, string domain) => $"{selector}._domainkey.{domain}";

    /// <summary>What it says.</summary>
    public static string TextOf(DkimKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"v=DKIM1; k={key.Kind}; p={Convert.ToBase64String(key.PublicKey)}";
    }

    /// <summary>The record as a zone file has it, in strings of 255 octets at most, a line each.</summary>
    /// <param name="name">Where it is, without the last dot.</param>
    /// <param name="text">What it says, ASCII.</param>
    public static string ZoneLine(string name, string text)
    {
        StringBuilder line = new();
        line.Append(name).Append(". IN TXT (");
        foreach (char[] part in text.Chunk(LongestString))
            line.Append(" \"").Append(part).Append("\"\n   ");
        return $"{line.ToString().TrimEnd()} )";
    }

    /// <summary>What is wrong with a record for a key; null: receivers find that key there.</summary>
    /// <param name="text">The strings of the record, put together.</param>
    public static string? Problem(string text, DkimKey key)
    {
        if (TagList.Parse(text) is not { } tags)
            return "is not a list of tags such as \"v=DKIM1; k=rsa; p=...\"";
        if (tags["v"] is { } version && (version != "DKIM1" || !text.TrimStart().StartsWith('v')))
            return "does not begin with \"v=DKIM1\": receivers pass over it";
        if ((tags["k"] ?? "rsa") is var kind && kind != key.Kind)
            return $"is for a key of kind \"{kind}\", and the key is {key.Kind}";
        if (tags.Words("h") is { } hashes && !hashes.Contains("sha256"))
            return "does not allow SHA-256 (h=)";
        if (tags.Words("s") is { } services && !services.Contains("*") && !services.Contains("email"))
            return "is not for mail (s=)";
        if (tags["p"] is not { } written)
            return "has no key (p=)";
        if (written.Length == 0)
            return "says that the key is revoked: its p= is empty";
        byte[] octets = new byte[written.Length];
        if (!Convert.TryFromBase64String(written, octets, out int length))
            return "has a p= that is not base64: perhaps it was cut, or its strings were put together wrongly";
        return octets.AsSpan(0, length).SequenceEqual(key.PublicKey) ? null : "has another key";
    }

    /// <summary>What is odd about a record that is right; null: nothing.</summary>
    /// <param name="identity">The i= of signatures; empty: none.</param>
    /// <param name="domain">Their d=.</param>
    public static string? Remark(string text, string identity, string domain)
    {
        IReadOnlyList<string>? flags = TagList.Parse(text)?.Words("t");
        // RFC 6376 section 3.6.1: with "s" the domain of i= must be d= itself.
        if (flags?.Contains("s") == true && identity.Length > 0 && !identity.EndsWith($"@{domain}", StringComparison.Ordinal))
            return $"has the flag \"s\" (t=), with which receivers refuse signatures with the identity {identity}";
        return flags?.Contains("y") == true ? "has the flag \"y\" (t=): receivers treat the mail as if it were not signed" : null;
    }
}
