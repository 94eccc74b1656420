namespace PostfixNet.Mail;

/// <summary>Which bytes the content of a message may have.</summary>
public enum BodyEncoding
{
    /// <summary>Nobody has said.</summary>
    Unknown,
    /// <summary>ASCII alone.</summary>
    SevenBit,
    /// <summary>Any, in lines.</summary>
    EightBit,
}

/// <summary>How <see cref="BodyEncoding"/> is written: in queue files and requests as "7bit" and "8bit", in SMTP as BODY=7BIT
/// and BODY=8BITMIME (RFC 6152).</summary>
public static class BodyEncodings
{
    /// <summary>Understands the word of queue files, which is also that of Content-Transfer-Encoding, in lower case.</summary>
    /// <returns>False when it is none of the two.</returns>
    public static bool TryParse(string word, out BodyEncoding encoding)
    {
        encoding = word switch { "7bit" => BodyEncoding.SevenBit, "8bit" => BodyEncoding.EightBit, _ => BodyEncoding.Unknown };
        return encoding != BodyEncoding.Unknown;
    }

    /// <summary>As <see cref="TryParse"/>; what is not understood is <see cref="BodyEncoding.Unknown"/>.</summary>
    public static BodyEncoding Parse(string? word)
    {
        _ = TryParse(word ?? "", out BodyEncoding encoding);
        return encoding;
    }

    /// <summary>The word of queue files; empty for <see cref="BodyEncoding.Unknown"/>.</summary>
    public static string Word(this BodyEncoding encoding) => encoding switch { BodyEncoding.SevenBit => "7bit", BodyEncoding.EightBit => "8bit", _ => "" };

    /// <summary>Understands the value of BODY=, in any case.</summary>
    /// <returns>False when it is none of the two.</returns>
    public static bool TryParseSmtp(string word, out BodyEncoding encoding)
    {
        encoding = word.Equals("7BIT", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.SevenBit
            : word.Equals("8BITMIME", StringComparison.OrdinalIgnoreCase) ? BodyEncoding.EightBit : BodyEncoding.Unknown;
        return encoding != BodyEncoding.Unknown;
    }

    /// <summary>The value of BODY=; empty for <see cref="BodyEncoding.Unknown"/>.</summary>
    public static string SmtpWord(this BodyEncoding encoding) =>
        encoding switch { BodyEncoding.SevenBit => "7BIT", BodyEncoding.EightBit => "8BITMIME", _ => "" };
}
