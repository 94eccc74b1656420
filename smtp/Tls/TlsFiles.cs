using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>The files with certificates and keys that main.toml names: opened while this process may open what root alone can
/// read, and read when they are needed.</summary>
internal static class TlsFiles
{
    private const int Largest = 16 * 1024 * 1024;

    // By path; one process has few, and keeps them open.
    private static readonly Dictionary<string, SafeFileHandle> s_open = new(StringComparer.Ordinal);

    /// <summary>Opens them. What cannot be is told later, with its place in main.toml.</summary>
    internal static void Open(MainConfig config, string service)
    {
        try
        {
            if (!TlsConfig.IsWanted(config, service))
                return;
            (string certificate, string key) = TlsConfig.CertificateOf(config, service);
            foreach (string path in (ReadOnlySpan<string>)[certificate, key, config.ForTransport(Parameters.SmtpTlsCAfile, service), config.Get(Parameters.MtaStsTlsCAfile)])
                Open(path);
            foreach (DestinationCertificate own in TlsConfig.CertificatesOfDestinations(config))
            {
                Open(own.File);
                Open(own.KeyFile);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ConfigurationException)
        {
        }
    }

    // One that cannot be opened keeps no other from it.
    private static void Open(string path)
    {
        try
        {
            if (path.Length > 0 && !s_open.ContainsKey(path))
                s_open.Add(path, FileSystem.OpenRegular(path));
        }
        catch (IOException)
        {
        }
    }

    /// <summary>A file can be read.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    internal static void Require(string path)
    {
        if (!s_open.ContainsKey(path))
            FileSystem.OpenRegular(path).Dispose();
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static string Read(string path)
    {
        if (!s_open.TryGetValue(path, out SafeFileHandle? file))
            return File.ReadAllText(path);
        byte[] octets = new byte[Math.Min(RandomAccess.GetLength(file), Largest)];
        int length = 0;
        while (length < octets.Length && RandomAccess.Read(file, octets.AsSpan(length), length) is > 0 and var count)
            length += count;
        return System.Text.Encoding.UTF8.GetString(octets, 0, length);
    }
}
