using System.Runtime.CompilerServices;

namespace PostfixNet.UnitTests;

/// <summary>All that the tests of a run put into the temporary directory lies below one of their own, which goes with the run.</summary>
internal static class TemporaryFiles
{
    // What analyzers say of libraries is not said of tests: nothing runs before the first one.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Begin()
    {
        string directory = Directory.CreateTempSubdirectory("pfn-run-").FullName;
        // Parts of tests run as another user, who has to get through.
        PostfixNet.Native.FileSystem.ChangeMode(directory, 0x1C9 /* 0711 */);
        Environment.SetEnvironmentVariable("TMPDIR", directory);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(directory);
    }

    private static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"left behind: {e.Message}");
        }
    }
}
