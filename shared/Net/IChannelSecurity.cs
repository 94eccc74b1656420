namespace PostfixNet.Net;

/// <summary>What protects a conversation from others; a login asks before it shows a password.</summary>
public interface IChannelSecurity
{
    /// <summary>The server has proved its name.</summary>
    public bool IsPeerVerified { get; }

    /// <summary>The version of the protocol: <c>TLSv1.3</c>.</summary>
    public string Protocol { get; }

    /// <summary>The ciphers, in OpenSSL's words.</summary>
    public string Cipher { get; }

    /// <summary>The handshake resumed an earlier session.</summary>
    public bool IsResumed { get; }

    /// <summary>Channel binding of the type tls-server-end-point (RFC 5929 section 4), without the type's name: the hash of
    /// the server's certificate; null when there is none.</summary>
    public byte[]? ServerEndPoint { get; }
}
