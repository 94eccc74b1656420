using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A system call as strace saw it, complete.</summary>
/// <param name="IsMainThread">not one of the runtime's threads</param>
/// <param name="Name">e.g. poll</param>
/// <param name="Arguments">as strace writes them, descriptors with what they are</param>
internal sealed record SystemCall(bool IsMainThread, string Name, string Arguments);

/// <summary>Has one program of a mail system run under strace (Debian package strace).</summary>
internal static partial class SystemCalls
{
    private const string Traced =
        "trace=%network,read,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,tee,vmsplice,copy_file_range,io_uring_setup,"
        + "fsync,fdatasync,syncfs,fchmod,connect,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,epoll_pwait2,flock,fcntl,nanosleep,clock_nanosleep";

    /// <summary>From its next start on, the program is traced.</summary>
    public static void Trace(MailSystem mail, string program)
    {
        string directory = mail.PathOf("traced");
        Directory.CreateDirectory(directory);
        foreach (string path in Directory.GetFiles(Repository.Programs))
        {
            if (Path.GetFileName(path) != program)
                File.CreateSymbolicLink(Path.Combine(directory, Path.GetFileName(path)), path);
        }
        string script = Path.Combine(directory, program);
        // -D: the program keeps its place as master's child. Whole strings: what is looked for may be anywhere.
        File.WriteAllText(script, $"""
            #!/bin/sh
            exec {Command.Find("strace")} -D -f -qq -yy -s 1000000 -e '{Traced}' -o {mail.PathOf("calls")}.$$ {Repository.Program(program)} "$@"

            """);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        mail.Set("daemon_directory", directory);
    }

    /// <summary>What was called, in order of completion; the program must have ended.</summary>
    public static IReadOnlyList<SystemCall> Read(MailSystem mail)
    {
        var calls = new List<SystemCall>();
        foreach (string path in Directory.GetFiles(mail.Root, "calls.*"))
        {
            var begun = new Dictionary<int, string>();
            int main = 0;
            foreach (string line in Encoding.Latin1.GetString(File.ReadAllBytes(path)).Split('\n'))
            {
                if (ThreadAndRest().Match(line) is not { Success: true } match)
                    continue;
                int thread = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
                string rest = match.Groups[2].Value;
                if (main == 0)
                    main = thread;
                if (rest.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
                {
                    begun[thread] = rest[..^" <unfinished ...>".Length];
                    continue;
                }
                if (Resumed().Match(rest) is { Success: true } resumed)
                    rest = begun.GetValueOrDefault(thread, "") + resumed.Groups[1].Value;
                if (NameAndArguments().Match(rest) is { Success: true } call)
                    calls.Add(new SystemCall(thread == main, call.Groups[1].Value, call.Groups[2].Value));
            }
        }
        return calls;
    }

    [GeneratedRegex(@"^(\d+) +(.*)$")]
    private static partial Regex ThreadAndRest();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(\w+)\((.*)$")]
    private static partial Regex NameAndArguments();
}
