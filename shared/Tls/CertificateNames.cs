using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>The names in a certificate, and what they match (RFC 6125 section 6.4).</summary>
public static class CertificateNames
{
    private const string CommonName = "2.5.4.3";

    /// <summary>The DNS names of a certificate; only one that has none of those goes by its common name.</summary>
    public static List<string> Of(X509Certificate2 certificate)
    {
        List<string> names = Alternatives(certificate);
        if (names.Count > 0)
            return names;
        try
        {
            foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
            {
                if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonName && part.GetSingleElementValue() is { } name)
                    names.Add(name);
            }
        }
        catch (CryptographicException)
        {
            // Malformed: a certificate without a name.
            names.Clear();
        }
        return names;
    }

    /// <summary>The DNS names of a certificate, and no common name: those that RFC 8461 asks for.</summary>
    public static List<string> Alternatives(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        List<string> names = [];
        try
        {
            foreach (X509Extension extension in certificate.Extensions)
            {
                if (extension is X509SubjectAlternativeNameExtension alternative)
                    names.AddRange(alternative.EnumerateDnsNames());
            }
        }
        catch (CryptographicException)
        {
            // Malformed: a certificate without a name.
            names.Clear();
        }
        return names;
    }

    /// <summary>True when a name of a certificate stands for the name that is wanted.</summary>
    /// <param name="name">A star as the whole first label stands for any one label, if two labels or more follow.</param>
    /// <param name="wanted">With a dot in front: any name below it is right.</param>
    public static bool Matches(string name, string wanted)
    {
        if (wanted.Length < 2)
            return false;
        if (wanted[0] == '.')
            return name.Length > wanted.Length && name.EndsWith(wanted, StringComparison.OrdinalIgnoreCase);
        if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            return true;
        if (!name.StartsWith("*.", StringComparison.Ordinal) || name.IndexOf('.', 2) < 0)
            return false;
        int dot = wanted.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && wanted.AsSpan(dot).Equals(name.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }
}
