using System.Diagnostics;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>What a command left behind.</summary>
/// <param name="Name">the command line, for messages</param>
/// <param name="Status">exit status; 128 + N after signal N</param>
/// <param name="Output">standard output, each byte one character</param>
/// <param name="Error">standard error, each byte one character</param>
internal sealed record CommandResult(string Name, int Status, string Output, string Error)
{
    /// <summary>Fails unless the command succeeded; returns itself for the next question.</summary>
    public CommandResult Ok()
    {
        if (Status != 0)
            throw new XunitException($"{Name}: exit status {Status}\nstdout: {Output}\nstderr: {Error}");
        return this;
    }

    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs commands to their end, with a deadline and a nearly empty environment.</summary>
internal static class Command
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Runs a program and waits for it and for the end of its output.</summary>
    /// <param name="path">absolute path, or a name found in the usual directories</param>
    /// <param name="arguments">its arguments</param>
    /// <param name="input">its standard input; empty when null</param>
    /// <param name="environment">variables beside the few that every command gets</param>
    public static CommandResult Run(
        string path, IEnumerable<string> arguments, byte[]? input = null, params (string Name, string Value)[] environment)
    {
        using Process process = Start(path, arguments, environment);
        string name = Path.GetFileName(path) + " " + string.Join(' ', process.StartInfo.ArgumentList);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            if (input != null)
                process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input, as it may; its exit status tells what came of it.
        }
        if (!process.WaitForExit(Deadline))
        {
            process.Kill();
            throw new XunitException($"{name}: still running after {Deadline.TotalSeconds} s");
        }
        // A program that put itself into the background must have let go of what it inherited.
        if (!Task.WaitAll([output, error], TimeSpan.FromSeconds(5)))
            throw new XunitException($"{name}: ended with status {process.ExitCode}, but something it started keeps its output open");
        return new CommandResult(name, process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts a program that goes on by itself; the caller ends it.</summary>
    public static Process Start(string path, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Find(path), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["TZ"] = "UTC";
        start.Environment["LC_ALL"] = "C";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root)
            start.Environment["DOTNET_ROOT"] = root;
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new XunitException($"{path}: not started");
    }

    /// <summary>The path of a command; fails with the name of the Debian package when there is none.</summary>
    public static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return File.Exists(name) ? name : throw new XunitException($"{name} is missing; run ./build.sh first");
        string search = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (string directory in search.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path))
                return path;
        }
        string package = name is "smtp-sink" or "postcat" ? "postfix" : name;
        throw new XunitException($"this test needs the command {name}: install the Debian package {package}, or run ./test.sh as root once");
    }
}
