using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Smtpd;

/// <summary>The certificates that this server shows, by the names that clients ask for (RFC 6066 section 3); and whom it trusts to vouch for
/// clients. Read once, by root if need be; a process whose files have changed gives way to a new one.</summary>
internal sealed class ServerCertificates
{
    private const int Largest = 1024 * 1024;
    // Files that may not even be looked at could have changed.
    private static readonly TimeSpan s_blindAge = TimeSpan.FromHours(1);

    private readonly Dictionary<string, TrustedCertificates> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Path, FileStatus Status)> _files = [];
    private readonly Deadline _blindEnd = Deadline.In(s_blindAge);
    private TrustedCertificates _usual = null!;

    private ServerCertificates()
    {
    }

    /// <summary>Reads all files.</summary>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    internal static ServerCertificates Read(MainConfig config)
    {
        ServerCertificates all = new();
        IReadOnlyList<string> chains = config.Get(Parameters.SmtpdTlsChainFiles);
        (string certificate, string key) = (config.Get(Parameters.SmtpdTlsCertFile), config.Get(Parameters.SmtpdTlsKeyFile));
        string authorities = config.Get(Parameters.SmtpdTlsCAfile), directory = config.Get(Parameters.SmtpdTlsCApath);
        LookupTable names = config.Get(Parameters.TlsServerSniMaps);
        if (!names.IsListed)
            throw config.Refuse(Parameters.TlsServerSniMaps, "the names must be known beforehand: give a table, \"texthash:/path\" or \"inline:{name=/file}\"");
        Parameter parameter = Parameters.SmtpdTlsCertFile;
        if (chains.Count > 0)
        {
            parameter = Parameters.SmtpdTlsChainFiles;
            if (chains.Count > 1)
                throw config.Refuse(parameter, "several files are not supported; give one, with one private key and its certificates");
            (certificate, key) = (chains[0], chains[0]);
        }
        if (certificate.Length == 0 || certificate == "none")
            throw config.Refuse(Parameters.SmtpdTlsCertFile, "is not set: TLS needs a certificate; give smtpd_tls_cert_file and smtpd_tls_key_file, or smtpd_tls_security_level = \"none\"");
        if (directory.Length > 0 && !Directory.Exists(directory))
            throw config.Refuse(Parameters.SmtpdTlsCApath, $"there is no such directory: {directory}");
        all._usual = all.Load(config, parameter, new CertificateFiles(certificate, key, authorities, directory, WithSystem: false));
        _ = names.FirstKey((name, file) =>
        {
            // Of several files, one is enough for every client of today.
            string first = file.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("");
            all._byName[name] = all.Load(config, Parameters.TlsServerSniMaps, new CertificateFiles(first, first, authorities, directory, WithSystem: false));
            return false;
        });
        return all;
    }

    /// <summary>What to show to a client that asks for a name; empty: for none.</summary>
    internal SslStreamCertificateContext Find(string name)
    {
        if (_byName.TryGetValue(name, out TrustedCertificates? exact))
            return exact.Own!;
        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (_byName.TryGetValue(name[dot..], out TrustedCertificates? parent))
                return parent.Own!;
        }
        return _usual.Own!;
    }

    /// <summary>How the chain of a client's certificate is built.</summary>
    internal X509ChainPolicy ClientPolicy() => _usual.NewChainPolicy();

    /// <summary>The SHA-256 fingerprint and the like of what is shown: for logins that are tied to it.</summary>
    internal byte[]? ServerEndPoint(string name) => ChannelBinding.ServerEndPoint(Find(name).TargetCertificate);

    /// <summary>A file that is no longer what was read; null: there is none.</summary>
    internal string? Changed()
    {
        foreach ((string path, FileStatus status) in _files)
        {
            try
            {
                if (FileSystem.Status(path, followLink: true) is { } now && (now.Inode != status.Inode || now.ModifiedNanoseconds != status.ModifiedNanoseconds || now.Size != status.Size))
                    return path;
            }
            catch (IOException)
            {
                if (_blindEnd.IsOver)
                    return path;
            }
        }
        return null;
    }

    private TrustedCertificates Load(MainConfig config, Parameter parameter, CertificateFiles files)
    {
        try
        {
            return new TrustedCertificates(files, path =>
            {
                byte[] octets = FileSystem.ReadAll(path, Largest, out FileStatus status);
                _files.Add((path, status));
                return System.Text.Encoding.UTF8.GetString(octets);
            });
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            string what = e is IOException ? "" : files.Own == files.OwnKey ? $"{files.Own}: no certificate and private key that belong together: " : $"{files.Own} and {files.OwnKey}: no certificate and private key that belong together: ";
            throw config.Refuse(parameter, what + e.Message);
        }
    }
}
