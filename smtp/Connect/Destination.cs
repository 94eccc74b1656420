namespace PostfixNet.Smtp;

/// <summary>A next hop or fallback relay whose servers are tried: what is known before there is a connection.</summary>
/// <param name="Written">As qmgr or main.toml has it.</param>
/// <param name="Hop">The same, understood.</param>
/// <param name="Tls">What conversations with its servers need.</param>
/// <param name="Options">For these conversations.</param>
internal sealed record Destination(string Written, NextHop Hop, TlsPolicy Tls, SmtpOptions Options)
{
    /// <summary>How far its servers must hold to REQUIRETLS, for this message.</summary>
    internal RequireTlsLevel RequireTls { get; init; }

    /// <summary>No other one follows.</summary>
    internal bool IsLast { get; init; }

    /// <summary>A session stays open after a success: more mail is expected for it.</summary>
    internal bool KeepsSession { get; init; }

    /// <summary>See <see cref="SmtpOptions.LoopPort"/>.</summary>
    internal bool DetectsLoops => !Hop.IsUnixSocket && Hop.Port == Options.LoopPort;
}
