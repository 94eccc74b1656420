namespace PostfixNet.Login;

/// <summary>Who wants to log in, from where, over what.</summary>
public sealed record LoginClient
{
    /// <summary>Address of the client, as text.</summary>
    public required string ClientAddress { get; init; }

    /// <summary>Address of this host that it connected to, as text.</summary>
    public required string ServerAddress { get; init; }

    /// <summary>Others cannot read along: TLS.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Channel binding tls-server-end-point (RFC 5929 section 4), without the type's name: the hash of this server's certificate;
    /// null: there is none.</summary>
    public byte[]? ServerEndPoint { get; init; }

    /// <summary>Channel binding tls-exporter (RFC 9266), likewise: 32 octets that only both ends know; null: the TLS layer does not give it.</summary>
    public byte[]? Exporter { get; init; }
}
