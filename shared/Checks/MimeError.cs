namespace PostfixNet.Checks;

/// <summary>What can be wrong with a message's structure, worst first.</summary>
public enum MimeError
{
    /// <summary>Parts lie deeper in one another than they are looked for.</summary>
    TooDeep,
    /// <summary>A header has octets outside ASCII.</summary>
    EightBitHeader,
    /// <summary>So has text that is not declared so: RFC 2045 section 6.1.</summary>
    EightBitBody,
    /// <summary>Entities that are made of entities are encoded: RFC 2045 section 6.4, RFC 2046 sections 5.2.2 and 5.2.3.</summary>
    EncodedEntity,
}

/// <summary>What of <see cref="MimeError"/> is looked for besides the depth.</summary>
[Flags]
public enum MimeStrictness
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Headers.</summary>
    Headers = 1,
    /// <summary>Text.</summary>
    Bodies = 2,
    /// <summary>Encodings of multipart/* and message/*.</summary>
    Encodings = 4,
}

/// <summary>Words for <see cref="MimeError"/>.</summary>
public static class MimeErrors
{
    /// <summary>As Postfix says it to clients and in the log.</summary>
    public static string Text(this MimeError error) => error switch
    {
        MimeError.TooDeep => "MIME nesting exceeds safety limit",
        MimeError.EightBitHeader => "improper use of 8-bit data in message header",
        MimeError.EightBitBody => "improper use of 8-bit data in message body",
        _ => "invalid message/* or multipart/* encoding domain",
    };
}
