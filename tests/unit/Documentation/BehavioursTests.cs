using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Documentation;

/// <summary>docs/behaviours.md names tests that can be renamed or removed: hold it to the tree.</summary>
public sealed partial class BehavioursTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Vectors.Directory, "..", ".."));
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(s_root, "docs", "behaviours.md"));

    private static IEnumerable<string> Rows => s_lines.Where(line => RowOfNumber().IsMatch(line));

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        Dictionary<string, string> sources = [];
        List<string> missing = [];
        int count = 0;
        // docs/durability.md names the tests of each promise in the last column.
        IEnumerable<string> promises = File.ReadAllLines(Path.Combine(s_root, "docs", "durability.md"))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Select(static line => line.Split('|')[^2]);
        foreach (string row in Rows.Concat(promises))
        {
            string file = "";
            foreach (Match match in FileOrMethod().Matches(row))
            {
                if (match.Groups["file"] is { Success: true } group)
                {
                    file = group.Value;
                    if (sources.ContainsKey(file))
                        continue;
                    string path = Path.Combine(s_root, "tests", file + ".cs");
                    sources.Add(file, File.Exists(path) ? File.ReadAllText(path) : "");
                }
                else
                {
                    count++;
                    if (!sources[file].Contains($" void {match.Groups["method"].Value}(", StringComparison.Ordinal)
                        && !sources[file].Contains($" Task {match.Groups["method"].Value}(", StringComparison.Ordinal))
                        missing.Add($"{file}: {match.Value}");
                }
            }
        }
        Assert.Empty(missing);
        Assert.True(count > 200, $"only {count} tests found");
    }

    [Theory]
    [InlineData("Answers_as_Postfix_does", "client-cases.json")]
    [InlineData("Answers_as_described", "own-cases.json")]
    public void Every_case_that_is_named_exists(string method, string file)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Smtp", file)));
        HashSet<string> known = [.. cases.RootElement.EnumerateObject().Select(property => property.Name)];
        List<string> named = [];
        foreach (string row in Rows)
        {
            foreach (Match match in Regex.Matches(row, $@"`{method}` \(([^)]*)\)"))
                named.AddRange(match.Groups[1].Value.Split(", ").Where(name => !name.Contains(' ', StringComparison.Ordinal)));
        }
        Assert.NotEmpty(named);
        Assert.Subset(known, named.Select(name => name.Replace("/two", "", StringComparison.Ordinal)).ToHashSet());
    }

    // A number is shown, or said to be shown by no test, or said not to be built.
    [Theory]
    [InlineData("A0.", 13, 1)]
    [InlineData("S1-", 62, 2)]
    [InlineData("S2-", 23, 2)]
    [InlineData("S3-", 56, 2)]
    [InlineData("S4-", 28, 2)]
    [InlineData("S5-", 33, 2)]
    public void Every_number_stands_somewhere(string model, int count, int digits)
    {
        string text = string.Join('\n', s_lines);
        for (int i = 1; i <= count; i++)
        {
            string number = model + i.ToString("D" + digits, CultureInfo.InvariantCulture);
            Assert.True(Regex.IsMatch(text, $@"^(\| |\* |\* .*\b){Regex.Escape(number)}(\b|[a-c]\b)", RegexOptions.Multiline), number);
        }
    }

    [Fact]
    public void Of_a_part_it_is_said_where_the_rest_is()
    {
        string lists = string.Join('\n', s_lines.SkipWhile(line => !line.StartsWith("## Implemented, not", StringComparison.Ordinal)));
        foreach (string row in Rows)
        {
            string number = row.Split(' ')[1];
            Assert.True(row.StartsWith($"| {number} (part) |", StringComparison.Ordinal) == Regex.IsMatch(lists, $@"\b{Regex.Escape(number)}\b"), number);
        }
    }

    [GeneratedRegex(@"^\| (A0|S\d)[.-]\d+")]
    private static partial Regex RowOfNumber();

    [GeneratedRegex(@"(?<file>(unit|system)/[\w/]+): |`(?<method>\w+)`")]
    private static partial Regex FileOrMethod();
}
