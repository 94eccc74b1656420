namespace PostfixNet.Login;

/// <summary>What smtp_sasl_security_options, smtpd_sasl_security_options and their kin demand of a mechanism, and what a mechanism offers.</summary>
[Flags]
public enum SecurityOptions
{
    /// <summary>Nothing.</summary>
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

/// <summary>The words for them.</summary>
public static class SecurityOptionWords
{
    /// <summary>What SCRAM offers, of any hash.</summary>
    public const SecurityOptions OfScram = SecurityOptions.NoPlaintext | SecurityOptions.NoActive | SecurityOptions.MutualAuth | SecurityOptions.NoAnonymous;

    /// <summary>What PLAIN and LOGIN offer.</summary>
    public const SecurityOptions OfPassword = SecurityOptions.NoAnonymous;

    /// <summary>The sum of a parameter's words, which are known to be among these.</summary>
    public static SecurityOptions Read(IReadOnlyList<string> words)
    {
        SecurityOptions demands = SecurityOptions.None;
        foreach (string word in words)
        {
            demands |= word switch
            {
                "noplaintext" => SecurityOptions.NoPlaintext,
                "noactive" => SecurityOptions.NoActive,
                "nodictionary" => SecurityOptions.NoDictionary,
                "noanonymous" => SecurityOptions.NoAnonymous,
                "mutual_auth" => SecurityOptions.MutualAuth,
                "forward_secrecy" => SecurityOptions.ForwardSecrecy,
                _ => throw new System.Diagnostics.UnreachableException(word),
            };
        }
        return demands;
    }
}
