using System.Globalization;
using System.Text;

namespace PostfixNet.Dns;

/// <summary>The system's resolver configuration, resolv.conf(5).</summary>
/// <remarks>Understood: <c>nameserver</c> (the first 3), <c>options timeout: attempts: rotate</c>. Without effect on mail
/// and passed over: <c>search</c>, <c>domain</c>, <c>sortlist</c>, <c>options ndots:</c>, since mail names are absolute
/// (RFC 5321 section 2.3.5). Lines that make no sense are passed over, as the C library does.</remarks>
public static class ResolvConf
{
    /// <summary>Where the file is.</summary>
    public const string DefaultPath = "/etc/resolv.conf";

    private const int MaxServers = 3, MaxTimeoutSeconds = 30, MaxAttempts = 5, MaxBytes = 65536;

    /// <summary>Reads the file; when it is missing, unreadable or names no server, the server is 127.0.0.1.</summary>
    public static ResolverOptions Load(string path = DefaultPath)
    {
        try
        {
            return Parse(Encoding.Latin1.GetString(BoundedFile.Read(path, MaxBytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parse("");
        }
    }

    /// <summary>Reads the text of such a file.</summary>
    public static ResolverOptions Parse(string text)
    {
        List<NameServer> servers = [];
        int timeout = 5, attempts = 2;
        bool rotate = false;
        foreach (string line in text.Split('\n'))
        {
            // A comment sign counts in the first column only.
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            WordReader words = new(line);
            ReadOnlySpan<char> keyword = words.Next();
            if (keyword.SequenceEqual("nameserver"))
            {
                if (servers.Count < MaxServers && NameServer.TryParse(words.Next(), out NameServer? server))
                    servers.Add(server);
            }
            else if (keyword.SequenceEqual("options"))
            {
                for (ReadOnlySpan<char> option = words.Next(); !option.IsEmpty; option = words.Next())
                {
                    timeout = Number(option, "timeout:", timeout, MaxTimeoutSeconds);
                    attempts = Number(option, "attempts:", attempts, MaxAttempts);
                    rotate |= option.SequenceEqual("rotate");
                }
            }
        }
        if (servers.Count == 0)
            servers.Add(new NameServer(System.Net.IPAddress.Loopback, NameServer.DefaultPort));
        return new ResolverOptions { Servers = servers, Timeout = TimeSpan.FromSeconds(timeout), Attempts = attempts, Rotate = rotate };
    }

    private static int Number(ReadOnlySpan<char> option, string name, int otherwise, int most) =>
        option.StartsWith(name) && int.TryParse(option[name.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Clamp(value, 1, most) : otherwise;
}

/// <summary>Takes words off a line, one by one.</summary>
internal ref struct WordReader(ReadOnlySpan<char> line)
{
    private readonly ReadOnlySpan<char> _line = line;
    private int _at;

    /// <summary>The next word; empty at the end.</summary>
    internal ReadOnlySpan<char> Next()
    {
        while (_at < _line.Length && IsBlank(_line[_at]))
            _at++;
        int start = _at;
        while (_at < _line.Length && !IsBlank(_line[_at]))
            _at++;
        return _line[start.._at];
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r';
}

/// <summary>Reads a small system file, and no more of it than promised.</summary>
internal static class BoundedFile
{
    internal static byte[] Read(string path, int mostBytes)
    {
        // Not FileSystem.Open: resolv.conf often is a symbolic link, made by root.
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        byte[] buffer = new byte[mostBytes];
        int length = 0;
        while (length < mostBytes && RandomAccess.Read(file, buffer.AsSpan(length), length) is int n and > 0)
            length += n;
        return buffer[..length];
    }
}
