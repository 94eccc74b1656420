namespace PostfixNet.SystemTests.Harness;

/// <summary>Where things are in the source tree, found by walking up from the test assembly.</summary>
internal static class Repository
{
    /// <summary>The folder with Postfix.Net.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The published programs.</summary>
    public static string Programs { get; } = Path.Combine(Root, "artifacts", "postfix.net", "bin");

    /// <summary>Path of one published program.</summary>
    public static string Program(string name) => Path.Combine(Programs, name);

    /// <summary>Path of a queue file taken from real Postfix.</summary>
    public static string Vector(string name) => Path.Combine(Root, "tests", "vectors", name);

    private static string FindRoot()
    {
        for (string? directory = AppContext.BaseDirectory; directory != null; directory = Path.GetDirectoryName(directory))
            if (File.Exists(Path.Combine(directory, "Postfix.Net.sln")))
                return directory;
        throw new InvalidOperationException("Postfix.Net.sln is not above " + AppContext.BaseDirectory);
    }
}
