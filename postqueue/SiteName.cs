using System.Net;

namespace PostfixNet.Postqueue;

/// <summary>A destination as users name it.</summary>
internal static class SiteName
{
    // U+FFFD stands for octets that are no UTF-8.
    private static bool IsLetterOfAnyScript(char c) => c is >= '\xa0' and not '\ufffd' && !char.IsWhiteSpace(c);

    /// <summary>A host or domain name, or an address in brackets.</summary>
    internal static bool IsValid(string site)
    {
        if (site is ['[', .. var inside, ']'])
            return IsValid(inside) || IPAddress.TryParse(inside, out _);
        return site.Length is > 0 and <= 255 && site.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || IsLetterOfAnyScript(c)));
    }
}
