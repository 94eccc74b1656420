using System.Buffers;

namespace PostfixNet.MtaSts;

/// <summary>The domains that may have a policy.</summary>
public static class StsDomain
{
    /// <summary>What names of hosts are made of.</summary>
    internal static readonly SearchValues<char> Letters = SearchValues.Create("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> s_letters = SearchValues.Create("-0123456789_abcdefghijklmnopqrstuvwxyz");

    // Of names in the DNS that are longer, none fits behind "_mta-sts.".
    private const int Longest = 253 - 9;

    /// <summary>A domain as it is asked for: in ASCII and lower case, without a dot at the end. What passes is also the name of a file.</summary>
    public static bool IsUsable(string domain)
    {
        if (domain.Length is 0 or > Longest)
            return false;
        bool isNumeric = true;
        foreach (Range range in domain.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> label = domain.AsSpan(range);
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(s_letters))
                return false;
            isNumeric &= !label.ContainsAnyExceptInRange('0', '9');
        }
        return !isNumeric;
    }

    /// <summary>Where the policy of a domain is served (RFC 8461 section 3.3).</summary>
    public static string PolicyHostOf(string domain) => $"mta-sts.{domain}";
}
