using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Web;

/// <summary>What files that root alone may read say to this program: read before root is given up.</summary>
/// <param name="Token">web_token_file; null: there is none.</param>
/// <param name="Certificate">web_tls_cert_file; null: no TLS.</param>
internal sealed record WebSecrets(Token? Token, SslStreamCertificateContext? Certificate)
{
    private const int Largest = 1024 * 1024;

    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    internal static WebSecrets Read(MainConfig config) => new(ReadToken(config), ReadCertificate(config));

    private static Token? ReadToken(MainConfig config)
    {
        string path = config.Get(Parameters.WebTokenFile);
        if (path.Length == 0)
            return null;
        SecretPlace place = SecretPlace.Parse($"file={path}", '=') ?? throw config.Refuse(Parameters.WebTokenFile, "give the whole path of a file");
        try
        {
            string secret = place.Read();
            return secret.Length >= Token.Shortest && secret.All(static c => c is > ' ' and < '\x7f') ? new Token(secret)
                : throw config.Refuse(Parameters.WebTokenFile, $"the first line of {path} must have {Token.Shortest} characters at least, no spaces, and nothing beyond ASCII; \"openssl rand -hex 32\" makes one");
        }
        catch (IOException e)
        {
            throw config.Refuse(Parameters.WebTokenFile, e.Message);
        }
    }

    private static SslStreamCertificateContext? ReadCertificate(MainConfig config)
    {
        (string certificate, string key) = (config.Get(Parameters.WebTlsCertFile), config.Get(Parameters.WebTlsKeyFile));
        if (certificate.Length == 0)
            return key.Length == 0 ? null : throw config.Refuse(Parameters.WebTlsKeyFile, "there is no certificate to it without web_tls_cert_file");
        try
        {
            return new TrustedCertificates(new CertificateFiles(certificate, key, "", "", WithSystem: false), static path => Encoding.UTF8.GetString(FileSystem.ReadAll(path, Largest))).Own;
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            string what = e is IOException ? "" : $"{certificate} and {key}: no certificate and private key that belong together: ";
            throw config.Refuse(Parameters.WebTlsCertFile, what + e.Message);
        }
    }
}

/// <summary>What a client shows to be let in. The secret itself is not kept.</summary>
/// <param name="secret">It.</param>
internal sealed class Token(string secret)
{
    /// <summary>Characters at least: nobody guesses it, however often he tries.</summary>
    internal const int Shortest = 32;

    private readonly byte[] _hash = HashOf(secret);

    /// <summary>Takes the same time, whatever is shown.</summary>
    internal bool Is(string shown) => CryptographicOperations.FixedTimeEquals(HashOf(shown), _hash);

    /// <summary>For messages: nothing of it.</summary>
    public override string ToString() => "set";

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
