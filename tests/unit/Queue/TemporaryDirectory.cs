namespace PostfixNet.UnitTests.Queue;

/// <summary>A directory of one test, removed with it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("pfn-").FullName;

    internal string Path { get; }

    internal string File(string name, ReadOnlySpan<byte> content)
    {
        string path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllBytes(path, content.ToArray());
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
