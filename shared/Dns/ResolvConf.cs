using System.Globalization;
using System.Net;

namespace PostfixNet.Dns;

/// <summary>The system's resolver configuration, resolv.conf(5).</summary>
/// <remarks>Understood: <c>nameserver</c> (the first 3), <c>options timeout: attempts: rotate ndots:</c>, <c>search</c>, <c>domain</c>. The
/// last three matter only where the system's own lookup of hosts is asked for: mail names are absolute
/// (RFC 5321 section 2.3.5). Passed over: <c>sortlist</c>. Lines that make no sense are passed over, as the C library does.</remarks>
public static class ResolvConf
{
    /// <summary>Where the file is.</summary>
    public const string DefaultPath = "/etc/resolv.conf";

    private const int MaxServers = 3, MaxTimeoutSeconds = 30, MaxAttempts = 5, MaxDots = 15, MaxBytes = 65536;

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
        IReadOnlyList<string> search = [];
        int timeout = 5, attempts = 2, dots = 1;
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
                // Of several lines the last holds.
                case ["search", .. string[] domains]:
                    search = Domains(domains);
                    break;
                case ["domain", string domain, ..]:
                    search = Domains([domain]);
                    break;
                case ["options", .. string[] options]:
                    foreach (string option in options)
                    {
                        timeout = Number(option, "timeout:", timeout, MaxTimeoutSeconds);
                        attempts = Number(option, "attempts:", attempts, MaxAttempts);
                        dots = Number(option, "ndots:", dots, MaxDots, least: 0);
                        rotate |= option == "rotate";
                    }
                    break;
            }
        }
        bool isGuess = servers.Count == 0;
        if (isGuess)
            servers.Add(new IPEndPoint(IPAddress.Loopback, ResolverOptions.DefaultPort));
        return new ResolverOptions { Servers = servers, Timeout = TimeSpan.FromSeconds(timeout), Attempts = attempts, Rotate = rotate, Search = new SearchList(search, dots), IsGuess = isGuess };
    }

    private static List<string> Domains(IEnumerable<string> words) => [.. words.Select(static word => word.TrimEnd('.')).Where(DnsName.IsHostName)];

    private static int Number(string option, string name, int otherwise, int most, int least = 1) =>
        option.StartsWith(name, StringComparison.Ordinal) && int.TryParse(option.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Clamp(value, least, most) : otherwise;
}
