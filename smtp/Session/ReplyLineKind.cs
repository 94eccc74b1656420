namespace PostfixNet.Smtp;

/// <summary>What a line is within a reply.</summary>
internal enum ReplyLineKind
{
    /// <summary>Three digits and a dash: more lines follow.</summary>
    Continued,
    /// <summary>Three digits, then a blank or nothing.</summary>
    Last,
    /// <summary>Anything else.</summary>
    NotSmtp,
}
