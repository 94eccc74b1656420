namespace PostfixNet.Smtp.Sasl;

/// <summary>What smtp_sasl_security_options and its kin demand of a mechanism, and what a mechanism offers.</summary>
[Flags]
internal enum SecurityOptions
{
    None = 0,
    /// <summary>Who listens learns neither password nor token.</summary>
    NoPlaintext = 1,
    /// <summary>Who changes what is said gains nothing.</summary>
    NoActive = 2,
    /// <summary>Who listens cannot try passwords at home.</summary>
    NoDictionary = 4,
    /// <summary>The login has a name.</summary>
    NoAnonymous = 8,
    /// <summary>The server proves that it knows the password.</summary>
    MutualAuth = 16,
    /// <summary>A secret that gets known later does not uncover this session.</summary>
    ForwardSecrecy = 32,
}
