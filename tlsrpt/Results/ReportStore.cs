using System.Globalization;
using PostfixNet.Dns;
using PostfixNet.Native;

namespace PostfixNet.Tlsrpt;

/// <summary>The files: DIRECTORY/DAY/DOMAIN.json, each exchanged as a whole, so that whoever is killed leaves the one before.</summary>
/// <param name="directory">Of all of them.</param>
internal sealed class ReportStore(string directory, Log log)
{
    private const string DayForm = "yyyy-MM-dd", Ending = ".json";
    private const int DirectoryMode = 0x1C0 /* 0700 */, FileMode = 0x180 /* 0600 */, LargestFile = 16 << 20;

    // With what a file has beside it while it is exchanged, a name must fit into 255 octets.
    private const int LongestDomain = 240;

    /// <summary>Whether a domain can have a file, and a report.</summary>
    internal static bool IsDomain(string domain) => domain.Length <= LongestDomain && DnsName.IsHostName(domain) && domain.Contains('.', StringComparison.Ordinal) && domain[0] != '.'
        && !domain.Any(char.IsAsciiLetterUpper);

    /// <summary>All that there is.</summary>
    internal IEnumerable<DomainDay> Load()
    {
        foreach ((DateOnly day, string path) in Days())
        {
            foreach (string name in Names(path).Where(static name => name.EndsWith(Ending, StringComparison.Ordinal) && IsDomain(name[..^Ending.Length])))
            {
                if (Read(day, name[..^Ending.Length], $"{path}/{name}") is { } read)
                    yield return read;
            }
        }
    }

    /// <summary>Puts it on stable storage. May be called on any thread, for one file at a time.</summary>
    /// <exception cref="IOException">It is not known to be there.</exception>
    internal void Write(DateOnly day, string domain, byte[] content)
    {
        string path = PathOf(day);
        if (FileSystem.MakeDirectory(path, DirectoryMode))
            FileSystem.FlushDirectory(directory);
        WholeFile.Replace($"{path}/{domain}{Ending}", content, FileMode);
    }

    /// <summary>Removes what is about days before one.</summary>
    internal void RemoveBefore(DateOnly first)
    {
        foreach ((DateOnly day, string path) in Days())
        {
            if (day >= first)
                continue;
            try
            {
                foreach (string name in Names(path))
                    _ = FileSystem.TryRemove($"{path}/{name}");
                _ = FileSystem.TryRemoveEmptyDirectory(path);
            }
            catch (IOException e)
            {
                log.NotRemoved(path, e.Message);
            }
        }
    }

    private DomainDay? Read(DateOnly day, string domain, string path)
    {
        try
        {
            return DomainDayFile.Read(day, domain, FileSystem.ReadAll(path, LargestFile));
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            log.NotRead(path, e.Message);
            return null;
        }
    }

    private List<(DateOnly Day, string Path)> Days() =>
        [.. Names(directory).Select(name => (DateOnly.TryParseExact(name, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : default, $"{directory}/{name}"))
            .Where(static day => day.Item1 != default).OrderBy(static day => day.Item1)];

    private string PathOf(DateOnly day) => $"{directory}/{day.ToString(DayForm, CultureInfo.InvariantCulture)}";

    private static List<string> Names(string path)
    {
        try
        {
            return [.. FileSystem.Names(path)];
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return [];
        }
    }
}
