using System.Globalization;
using System.Text;

namespace PostfixNet.UnitTests.Queue;

/// <summary>The real queue files of Postfix below tests/vectors, and what its own tools say about them.</summary>
internal static class Vectors
{
    internal static string Directory { get; } = Find("tests/vectors");

    /// <summary>Names of all queue files, e.g. "one-rcpt.incoming".</summary>
    internal static IEnumerable<string> QueueFileNames() => System.IO.Directory.EnumerateFiles(Directory)
        .Where(path => Path.GetExtension(path) is ".incoming" or ".maildrop" or ".deferred" or ".hold" or ".active")
        .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>Likewise, as rows of a test; only some kinds, e.g. ".incoming", when given.</summary>
    internal static TheoryData<string> QueueFiles(params string[] kinds) =>
        [.. QueueFileNames().Where(name => kinds.Length == 0 || kinds.Contains(Path.GetExtension(name)))];

    internal static string PathOf(string name) => Path.Combine(Directory, name);

    internal static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>One line of a dump: the payload is null where the dump cuts it short; then the beginning is there.</summary>
    internal sealed record DumpedRecord(long Offset, char Type, int Length, string Payload, bool IsCut);

    /// <summary>The records in reading order, pointers followed; null stands where the dump leaves lines out.</summary>
    internal static List<DumpedRecord?> Dump(string name)
    {
        List<DumpedRecord?> records = [];
        bool inRecords = false;
        foreach (string line in File.ReadLines(PathOf(name + ".txt"), Encoding.Latin1))
        {
            if (line.StartsWith("=== records:", StringComparison.Ordinal))
                inRecords = true;
            else if (inRecords && line.StartsWith("[... cut", StringComparison.Ordinal))
                records.Add(null);
            else if (inRecords && line.Length > 0 && line[0] != '#')
                records.Add(Parse(line));
        }
        return records;
    }

    private static DumpedRecord Parse(string line)
    {
        string[] fields = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        int open = line.IndexOf('"', StringComparison.Ordinal), close = line.LastIndexOf('"');
        string payload = Unescape(line[(open + 1)..close]);
        int length = int.Parse(fields[2], CultureInfo.InvariantCulture);
        bool isCut = payload.Length != length && payload.EndsWith("...", StringComparison.Ordinal);
        return new DumpedRecord(long.Parse(fields[0], CultureInfo.InvariantCulture), fields[1][0], length,
            isCut ? payload[..^3] : payload, isCut);
    }

    private static string Unescape(string text)
    {
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x')
            {
                result.Append((char)Convert.ToByte(text.Substring(i + 2, 2), 16));
                i += 3;
            }
            else
            {
                result.Append(text[i] == '\\' && i + 1 < text.Length ? text[++i] : text[i]);
            }
        }
        return result.ToString();
    }

    private static string Find(string path)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, path);
            if (System.IO.Directory.Exists(candidate))
                return candidate;
        }
        throw new DirectoryNotFoundException(path);
    }
}
