using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>An entry of a table's text, or an alias, with its lines as they stand.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Lines">Its lines, and comments and empty lines before it.</param>
/// <param name="Logical">Joined, without comments; empty: there is none, only comments at the end of the file.</param>
internal sealed record TableEntry(int Line, IReadOnlyList<string> Lines, string Logical);

/// <summary>The text of a table, for those that are written anew without some of their entries. Every octet of the others stays.</summary>
internal static class TableText
{
    private const int LargestFile = 64 << 20;

    /// <exception cref="SystemCallException">It cannot be read.</exception>
    internal static (IReadOnlyList<TableEntry> Entries, FileStatus Status) Read(string path)
    {
        string text = ByteText.Decode(FileSystem.ReadAll(path, LargestFile, out FileStatus status));
        List<TableEntry> entries = [];
        List<string> lines = [], comments = [];
        System.Text.StringBuilder logical = new();
        (int number, int first) = (0, 1);
        foreach (string line in text.Split('\n'))
        {
            number++;
            string bare = line.Trim();
            if (bare.Length == 0 || bare[0] == '#')
            {
                comments.Add(line);
                continue;
            }
            if (!char.IsWhiteSpace(line[0]) && logical.Length > 0)
                End();
            if (logical.Length == 0)
                first = number;
            lines.AddRange(comments);
            comments.Clear();
            lines.Add(line);
            logical.Append(line.TrimEnd('\r'));
        }
        if (logical.Length > 0)
            End();
        if (comments.Count > 0)
            entries.Add(new TableEntry(number, comments, ""));
        return (entries, status);

        void End()
        {
            entries.Add(new TableEntry(first, [.. lines], logical.ToString().Trim()));
            lines.Clear();
            logical.Clear();
        }
    }

    /// <summary>The file that holds entries.</summary>
    internal static byte[] Write(IEnumerable<TableEntry> entries) => ByteText.Encode(string.Join('\n', entries.SelectMany(static entry => entry.Lines)));
}
