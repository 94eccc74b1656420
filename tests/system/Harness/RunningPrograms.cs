using System.Runtime.InteropServices;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A process of a mail system under test.</summary>
/// <param name="Pid">its process id</param>
/// <param name="Name">file name of its program, e.g. qmgr</param>
internal sealed record RunningProgram(int Pid, string Name);

/// <summary>Finds and ends the processes that belong to one directory, however far they detached themselves.</summary>
internal static partial class RunningPrograms
{
    private const int SigKill = 9;

    /// <summary>All processes with the directory in their command line, environment or working directory.</summary>
    public static IReadOnlyList<RunningProgram> Of(string directory)
    {
        var found = new List<RunningProgram>();
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), out int pid) || pid == Environment.ProcessId)
                continue;
            if ((Holds(path + "/cmdline", directory) || Holds(path + "/environ", directory) || WorksIn(path, directory)) && Lives(path))
                found.Add(new RunningProgram(pid, NameOf(path)));
        }
        return found;
    }

    /// <summary>Paths of the files that a process has open; what has no name is below its directory all the same.</summary>
    public static string[] OpenFiles(int pid)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/{pid}/fd").Select(static path => new FileInfo(path).LinkTarget ?? "")];
        }
        catch (IOException)
        {
            // It has ended.
            return [];
        }
    }

    /// <summary>Kills a process at once (SIGKILL); one that is gone already is no error.</summary>
    public static void Kill(int pid) => _ = SendSignal(pid, SigKill);

    /// <summary>Sends any signal.</summary>
    public static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    /// <summary>Kills all of them and those they start meanwhile, and waits until they are gone.</summary>
    public static void KillAll(string directory) =>
        Wait.For("the end of the killed processes", () =>
        {
            IReadOnlyList<RunningProgram> left = Of(directory);
            foreach (RunningProgram program in left)
                Kill(program.Pid);
            return left.Count == 0;
        });

    // A zombie runs no more; who waits for it is not our business.
    private static bool Lives(string process)
    {
        string status = Read(process + "/stat");
        int name = status.LastIndexOf(')');
        return name > 0 && name + 2 < status.Length && status[name + 2] is not ('Z' or 'X');
    }

    private static bool Holds(string file, string text) => Read(file).Contains(text, StringComparison.Ordinal);

    private static bool WorksIn(string process, string directory)
    {
        try
        {
            return File.ResolveLinkTarget(process + "/cwd", returnFinalTarget: false)?.FullName
                .StartsWith(directory, StringComparison.Ordinal) == true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(string process)
    {
        string command = Read(process + "/cmdline");
        int end = command.IndexOf('\0', StringComparison.Ordinal);
        return Path.GetFileName(end < 0 ? command : command[..end]);
    }

    private static string Read(string file)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // gone meanwhile, or somebody else's
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
