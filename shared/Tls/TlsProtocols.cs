using System.Security.Authentication;

namespace PostfixNet.Tls;

/// <summary>Reads lists of protocol versions: smtp_tls_protocols and the like.</summary>
public static class TlsProtocols
{
    // SSL is not spoken at all, but lists that exclude it are common.
    private static readonly string[] s_names = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    private const int TlsVersions = 0b111100;

    /// <summary>Reads <c>&gt;=TLSv1.2</c>, <c>&lt;=TLSv1.2</c>, <c>!SSLv3, !TLSv1</c>, or the versions themselves; blanks,
    /// commas and colons separate.</summary>
    /// <returns>The versions without gaps: of several runs the newest.</returns>
    /// <exception cref="FormatException">Not such a list, or nothing is left to speak.</exception>
    public static SslProtocols Parse(string text)
    {
        int included = 0, excluded = 0, lowest = 0, highest = s_names.Length - 1;
        foreach (string word in text.Split([' ', '\t', ',', ':'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(">=", StringComparison.Ordinal))
                lowest = IndexOf(word[2..]);
            else if (word.StartsWith("<=", StringComparison.Ordinal))
                highest = IndexOf(word[2..]);
            else if (word[0] == '!')
                excluded |= 1 << IndexOf(word[1..]);
            else
                included |= 1 << IndexOf(word);
        }
        int versions = (included == 0 ? TlsVersions : included & TlsVersions) & ~excluded;
        SslProtocols result = SslProtocols.None;
        bool gap = false;
        for (int i = highest; i >= lowest && !gap; i--)
        {
            if ((versions & (1 << i)) != 0)
                result |= Value(i);
            else
                gap = result != SslProtocols.None;
        }
        return result != SslProtocols.None ? result : throw new FormatException($"\"{text}\" leaves no version of TLS");
    }

    /// <summary>The name of a version in log lines.</summary>
    public static string NameOf(SslProtocols protocol)
    {
        for (int i = 2; i < s_names.Length; i++)
        {
            if (Value(i) == protocol)
                return s_names[i];
        }
        return protocol.ToString();
    }

    private static int IndexOf(string name)
    {
        for (int i = 0; i < s_names.Length; i++)
        {
            if (s_names[i].Equals(name, StringComparison.OrdinalIgnoreCase))
                return i;
        }
        throw new FormatException($"unknown protocol \"{name}\"; known are {string.Join(", ", s_names)}");
    }

    private static SslProtocols Value(int index) => index switch
    {
#pragma warning disable CA5397, SYSLIB0039 // Old mail servers know nothing newer, and plain text would be worse.
        2 => SslProtocols.Tls,
        3 => SslProtocols.Tls11,
#pragma warning restore CA5397, SYSLIB0039
        4 => SslProtocols.Tls12,
        5 => SslProtocols.Tls13,
        _ => SslProtocols.None,
    };
}
