using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Tables;

/// <summary>tests/vectors/tables.txt: tables and keys, with what "postmap -q" of real Postfix says (tests/load/tables-beside-postfix.py).</summary>
public sealed class PostfixTables
{
    private static readonly string s_vectors = Path.Join(AppContext.BaseDirectory, "vectors", "tables.txt");

    [Fact]
    public void Answers_are_those_of_postmap()
    {
        string directory = Directory.CreateTempSubdirectory("tables").FullName;
        List<string> different = [];
        int asked = 0, places = 0;
        Table? table = null;
        string specification = "", key = "";
        string[] lines = File.ReadAllLines(s_vectors);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("table ", StringComparison.Ordinal))
            {
                specification = lines[i][6..];
                if (!specification.Contains(':', StringComparison.Ordinal))
                {
                    string file = Path.Join(directory, $"{places++}");
                    int from = i + 1;
                    while (lines[i + 1].StartsWith('\t'))
                        i++;
                    File.WriteAllLines(file, lines[from..(i + 1)].Select(line => line[1..]));
                    specification += ":" + file;
                }
                table = new TableReader(TableLimits.None).Open(specification);
            }
            else if (lines[i].StartsWith("ask ", StringComparison.Ordinal))
            {
                key = lines[i][4..];
            }
            else if (lines[i].Length > 0)
            {
                asked++;
                string answer = Ask(table!, key);
                if (answer != lines[i])
                    different.Add($"{specification}: {key}: {answer}, not {lines[i]}");
            }
        }
        Directory.Delete(directory, recursive: true);
        Assert.Equal([], different);
        Assert.True(asked >= 400, $"{asked} are few");
    }

    private static string Ask(Table table, string key)
    {
        try
        {
            return table.Find(key) is { } value ? "= " + value : "-";
        }
        catch (LookupException)
        {
            return "!";
        }
    }
}
