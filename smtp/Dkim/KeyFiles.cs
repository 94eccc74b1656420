using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Smtp;

/// <summary>The files of the keys that the tables [dkim."DOMAIN"] name. Those that mail_owner owns, as "master dkim genkey" makes them, are read when they are
/// needed; those that only root can read, before root is given up.</summary>
internal static class KeyFiles
{
    private const int ReadableByOwner = 0x100, ReadableByOthers = 0x4;

    // By path: what mail_owner cannot read.
    private static readonly Dictionary<string, byte[]> s_read = new(StringComparer.Ordinal);

    /// <summary>Reads what cannot be read later. What cannot be read at all is told later, with its place in main.toml.</summary>
    internal static void Open(MainConfig config, string service)
    {
        try
        {
            if (Users.EffectiveUid != 0 || !Signing.IsWanted(config, service))
                return;
            uint owner = MailOwner.Of(config).Uid;
            foreach (string path in config.Dkim.All.SelectMany(static rule => rule.Keys).Select(static key => key.File).Distinct())
            {
                if (FileSystem.Status(path, followLink: true) is { } status && !IsReadableBy(owner, status))
                    TryRead(path);
            }
        }
        catch (Exception e) when (e is IOException or ConfigurationException)
        {
        }
    }

    /// <summary>The key in a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no key that can sign mail.</exception>
    /// <exception cref="CryptographicException">This system cannot sign with it.</exception>
    internal static DkimKey Read(string path)
    {
        byte[] octets = s_read.TryGetValue(path, out byte[]? read) ? read : FileSystem.ReadAll(path, DkimKey.LargestFile);
        char[] text = Encoding.Latin1.GetChars(octets);
        try
        {
            return DkimKey.FromPem(text);
        }
        finally
        {
            Array.Clear(text);
            if (octets != read)
                CryptographicOperations.ZeroMemory(octets);
        }
    }

    /// <summary>What went wrong with a file, with its path.</summary>
    internal static string Problem(string path, Exception e) => e is IOException ? e.Message : $"{path}: {e.Message}";

    /// <summary>Everybody on this host can read the file.</summary>
    internal static bool IsOpenToAll(string path) => FileSystem.Status(path, followLink: true) is { } status && (status.Mode & ReadableByOthers) != 0;

    private static bool IsReadableBy(uint owner, FileStatus status) =>
        (status.Uid == owner && (status.Mode & ReadableByOwner) != 0) || (status.Mode & ReadableByOthers) != 0;

    private static void TryRead(string path)
    {
        try
        {
            s_read[path] = FileSystem.ReadAll(path, DkimKey.LargestFile);
        }
        catch (IOException)
        {
        }
    }
}
