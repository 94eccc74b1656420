using System.Globalization;

namespace PostfixNet.Smtp;

/// <summary>What a server announced in its reply to EHLO or LHLO.</summary>
internal sealed record ServerFeatures
{
    /// <summary>A server that was greeted with HELO.</summary>
    internal static readonly ServerFeatures None = new();

    internal bool Pipelining { get; private init; }
    internal bool EightBitMime { get; private init; }
    internal bool SmtpUtf8 { get; private init; }
    internal bool Dsn { get; private init; }
    internal bool StartTls { get; private init; }

    /// <summary>Octets, RFC 1870; 0: the server announced no limit.</summary>
    internal long SizeLimit { get; private init; }

    /// <summary>Reads the lines of the reply; the first one, which names the server, is not a keyword.</summary>
    /// <param name="discard">Keywords in capitals that are treated as absent.</param>
    internal static ServerFeatures Parse(SmtpReply reply, IReadOnlyList<string> discard)
    {
        ServerFeatures features = new();
        for (int i = 1; i < reply.Lines.Count; i++)
        {
            string line = reply.Lines[i];
            if (line.Length < 5)
                continue;
            string[] words = line[4..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            string keyword = words[0].ToUpperInvariant();
            if (Contains(discard, keyword))
                continue;
            features = keyword switch
            {
                "PIPELINING" => features with { Pipelining = true },
                "8BITMIME" => features with { EightBitMime = true },
                "SMTPUTF8" => features with { SmtpUtf8 = true },
                "DSN" => features with { Dsn = true },
                "STARTTLS" => features with { StartTls = true },
                "SIZE" when words.Length > 1
                    && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) => features with { SizeLimit = size },
                _ => features,
            };
        }
        return features;
    }

    private static bool Contains(IReadOnlyList<string> list, string keyword)
    {
        foreach (string item in list)
        {
            if (item.Equals(keyword, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
