using System.Text.RegularExpressions;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Documentation;

/// <summary>Documents name files and folders, which can be renamed or removed: hold them to the tree.</summary>
public sealed partial class NamedFilesTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Vectors.Directory, "..", ".."));

    // What the build or a running system makes, and so is in no clone.
    private static readonly string[] s_made = ["artifacts", "maildrop", "incoming", "active", "deferred", "corrupt", "hold", "bounce/", "defer/", "trace/", "digest", "rules/", "events/", "suppression/", "reports/key", "private", "public", "pid"];

    [Theory]
    [InlineData("ARCHITECTURE.md", 30)]
    [InlineData("README.md", 5)]
    [InlineData("CONTRIBUTING.md", 5)]
    [InlineData("docs/dsn.md", 0)]
    [InlineData("docs/libraries.md", 5)]
    [InlineData("docs/durability.md", 0)]
    public void Every_path_that_is_named_exists(string document, int atLeast)
    {
        string text = File.ReadAllText(Path.Combine(s_root, document));
        List<string> missing = [];
        int count = 0;
        foreach (Match match in CodePath().Matches(text).Concat(LinkTarget().Matches(text)))
        {
            string path = match.Groups["path"].Value;
            if (s_made.Any(made => path.StartsWith(made, StringComparison.Ordinal)))
                continue;
            count++;
            // Tests are named as in docs/behaviours.md.
            if (path.StartsWith("unit/", StringComparison.Ordinal) || path.StartsWith("system/", StringComparison.Ordinal))
                path = $"tests/{path}.cs";
            string full = Path.Combine(s_root, path);
            if (!File.Exists(full) && !Directory.Exists(full))
                missing.Add(path);
        }
        Assert.Empty(missing);
        Assert.True(count >= atLeast, $"only {count} paths found");
    }

    /// <summary>The map of the source is complete: no folder of code is left out.</summary>
    [Fact]
    public void Every_folder_of_code_stands_in_the_map()
    {
        string map = File.ReadAllText(Path.Combine(s_root, "ARCHITECTURE.md"));
        IEnumerable<string> projects = Directory.EnumerateFiles(s_root, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(s_root, Path.GetDirectoryName(file)!))
            .Where(folder => !folder.StartsWith("artifacts", StringComparison.Ordinal));
        Assert.All(projects, folder => Assert.Contains($"`{folder}`", map, StringComparison.Ordinal));
    }

    // `folder/File.cs`, `folder/`, `file.sh`: what looks like a path of this tree, in code marks.
    [GeneratedRegex(@"`(?:\./)?(?<path>(?:[A-Za-z.][\w.-]*/)+(?:[\w.-]+)?|[A-Za-z][\w-]*\.(?:sh|md|props))`")]
    private static partial Regex CodePath();

    [GeneratedRegex(@"\]\((?!https?:|#)(?<path>[^)#]+)")]
    private static partial Regex LinkTarget();
}
