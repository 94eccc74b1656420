namespace PostfixNet.Smtp;

/// <summary>By what a server has proved who it is.</summary>
internal enum Verification
{
    /// <summary>It has not, or nobody asked.</summary>
    None,
    /// <summary>By a fingerprint that the operator knows.</summary>
    Fingerprint,
    /// <summary>By a certificate that an authority vouches for, with a name that main.toml asks for.</summary>
    Certificate,
    /// <summary>By a certificate that an authority vouches for, as the MTA-STS policy of the next hop asks for (RFC 8461).</summary>
    Sts,
    /// <summary>By TLSA records, found with DNSSEC all the way (RFC 7672).</summary>
    Dane,
}

/// <summary>The words of <see cref="Verification"/> in log lines and listings.</summary>
internal static class Verifications
{
    internal static string Word(this Verification verification) => verification switch
    {
        Verification.Fingerprint => "fingerprint",
        Verification.Certificate => "ca",
        Verification.Sts => "mta-sts",
        Verification.Dane => "dane",
        _ => "nobody",
    };
}
