namespace PostfixNet.Smtp;

/// <summary>What a refusal is about.</summary>
internal enum RefusalKind
{
    /// <summary>This message or this recipient, or nothing that the reply tells.</summary>
    Mail,
    /// <summary>Who we are, and how we came: login or TLS is demanded, relaying denied, our address or name refused.</summary>
    Client,
    /// <summary>How much one session may carry: another session may carry more.</summary>
    SessionLimit,
    /// <summary>How much is taken from us in a time: less of it would be taken.</summary>
    Rate,
}
