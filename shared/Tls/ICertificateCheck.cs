using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>What was found out about the certificate of a peer. Known when the handshake is over.</summary>
public interface ICertificateCheck
{
    /// <summary>null: the peer showed none. Closed with the stream.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>It is the one that is asked for: the peer has proved its name.</summary>
    public bool IsMatched { get; }
}
