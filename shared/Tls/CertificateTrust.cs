using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>Whether somebody who is trusted vouches for a certificate.</summary>
public static class CertificateTrust
{
    /// <summary>Says what is wrong, in the words of Postfix's log.</summary>
    /// <param name="chain">Built by the handshake, under <see cref="TrustedCertificates.NewChainPolicy"/>.</param>
    /// <param name="depthLimit">Certificates above this one at most.</param>
    /// <returns>null: nothing; the chain leads to somebody who is trusted.</returns>
    public static string? Trouble(X509Certificate2 certificate, X509Chain chain, int depthLimit)
    {
        if (chain.ChainElements.Count - 1 > depthLimit)
            return $"certificate chain longer than limit({depthLimit})";
        X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus)
            flags |= status.Status;
        if (flags == X509ChainStatusFlags.NoError)
            return null;
        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            X509Certificate2 last = chain.ChainElements.Count > 0 ? chain.ChainElements[^1].Certificate : certificate;
            return certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
                ? "self-signed certificate"
                : $"untrusted issuer {CertificateText.Printable(last.Issuer)}";
        }
        if ((flags & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            foreach (X509ChainElement element in chain.ChainElements)
            {
                // By the clock by which the chain was judged.
                if (element.Certificate.NotBefore > DateTime.Now)
                    return "certificate not yet valid";
            }
            return "certificate has expired";
        }
        if ((flags & X509ChainStatusFlags.NotValidForUsage) != 0)
            return "not designated for use as a server certificate";
        return flags.ToString();
    }
}
