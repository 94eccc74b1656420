using System.Globalization;

namespace PostfixNet.Smtp;

/// <summary>What a server can do: as it announced in its reply to EHLO or LHLO, and as was learned otherwise.</summary>
internal sealed record ServerFeatures
{
    /// <summary>A server that was greeted with HELO.</summary>
    internal static readonly ServerFeatures None = new();

    internal bool Pipelining { get; private init; }
    internal bool EightBitMime { get; private init; }
    internal bool SmtpUtf8 { get; private init; }
    internal bool Dsn { get; private init; }
    internal bool StartTls { get; private init; }

    /// <summary>REQUIRETLS (RFC 8689). What is said before TLS begins, anybody may have said.</summary>
    internal bool RequireTls { get; init; }

    /// <summary>Login mechanisms, in capitals, RFC 4954; null: the server announced no AUTH.</summary>
    internal IReadOnlyList<string>? AuthMechanisms { get; private init; }

    /// <summary>Keyword and attributes of XFORWARD; null: the server announced none.</summary>
    private IReadOnlyList<string>? XForward { get; init; }

    /// <summary>MAIL says AUTH=&lt;&gt;: the server knows who we are, and smtp_send_dummy_mail_auth is on.</summary>
    internal bool SendDummyAuth { get; init; }

    /// <summary>PIX work-around: the final dot goes in a packet of its own.</summary>
    internal bool DelayDot { get; init; }

    /// <summary>The server wants to know the size of messages, RFC 1870.</summary>
    internal bool Size { get; private init; }

    /// <summary>LIMITS.</summary>
    internal ServerLimits Limits { get; private init; } = new();

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
            // "AUTH=LOGIN PLAIN" is what servers said before RFC 2554.
            if (keyword.StartsWith("AUTH=", StringComparison.Ordinal))
                (keyword, words) = ("AUTH", ["AUTH", keyword["AUTH=".Length..], .. words[1..]]);
            if (discard.Contains(keyword, StringComparer.OrdinalIgnoreCase))
                continue;
            features = keyword switch
            {
                "PIPELINING" => features with { Pipelining = true },
                "8BITMIME" => features with { EightBitMime = true },
                "SMTPUTF8" => features with { SmtpUtf8 = true },
                "DSN" => features with { Dsn = true },
                "STARTTLS" => features with { StartTls = true },
                "REQUIRETLS" => features with { RequireTls = true },
                "XFORWARD" => features with { XForward = words },
                "LIMITS" => features with { Limits = ServerLimits.Read(words.Skip(1)) },
                "AUTH" => features with { AuthMechanisms = AddMechanisms(features.AuthMechanisms, words) },
                "SIZE" => features with
                {
                    Size = true,
                    SizeLimit = words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : features.SizeLimit,
                },
                _ => features,
            };
        }
        return features;
    }

    /// <summary>What remains when the server refuses parameters of a command that it had announced; SMTPUTF8 and REQUIRETLS stay, as
    /// they are no matter of taste.</summary>
    /// <param name="reply">The refusal: perhaps it names one.</param>
    internal ServerFeatures WithoutParameters(SmtpStage stage, SmtpReply reply)
    {
        bool Names(params ReadOnlySpan<string> words)
        {
            foreach (string word in words)
            {
                if (reply.Text.Contains(word, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            return false;
        }

        bool dsn = stage == SmtpStage.Rcpt || Names("RET=", "ENVID", "DSN"), size = Names("SIZE"), body = Names("BODY", "8BITMIME"), auth = Names("AUTH");
        return dsn || size || body || auth
            ? this with { Dsn = Dsn && !dsn, Size = Size && !size, EightBitMime = EightBitMime && !body, SendDummyAuth = SendDummyAuth && !auth }
            : this with { Dsn = false, Size = false, EightBitMime = false, SendDummyAuth = false };
    }

    /// <summary>The server wants to know an attribute of XFORWARD.</summary>
    internal bool WantsOrigin(string name) => XForward is not null && XForward.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static List<string> AddMechanisms(IReadOnlyList<string>? before, string[] words)
    {
        List<string> mechanisms = before is null ? [] : [.. before];
        for (int i = 1; i < words.Length; i++)
        {
            string name = words[i].ToUpperInvariant();
            if (name.Length > 0 && !mechanisms.Contains(name))
                mechanisms.Add(name);
        }
        return mechanisms;
    }
}
