using System.Globalization;
using System.Net;

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
            return Parse(SystemFile.Read(path, MaxBytes));
        }
        catch (IOException)
        {
            return Parse("");
        }
    }

    /// <summary>Reads the text of such a file.</summary>
    public static ResolverOptions Parse(string text)
    {
        List<IPEndPoint> servers = [];
        int timeout = 5, attempts = 2;
        bool rotate = false;
        foreach (string line in text.Split('\n'))
        {
            // A comment sign counts in the first column only.
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            switch (SystemFile.Words(line))
            {
                case ["nameserver", string address, ..]:
                    if (servers.Count < MaxServers && ResolverOptions.TryParseServer(address, out IPEndPoint? server))
                        servers.Add(server);
                    break;
                case ["options", .. string[] options]:
                    foreach (string option in options)
                    {
                        timeout = Number(option, "timeout:", timeout, MaxTimeoutSeconds);
                        attempts = Number(option, "attempts:", attempts, MaxAttempts);
                        rotate |= option == "rotate";
                    }
                    break;
            }
        }
        if (servers.Count == 0)
            servers.Add(new IPEndPoint(IPAddress.Loopback, ResolverOptions.DefaultPort));
        return new ResolverOptions { Servers = servers, Timeout = TimeSpan.FromSeconds(timeout), Attempts = attempts, Rotate = rotate };
    }

    private static int Number(string option, string name, int otherwise, int most) =>
        option.StartsWith(name, StringComparison.Ordinal) && int.TryParse(option.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Clamp(value, 1, most) : otherwise;
}
