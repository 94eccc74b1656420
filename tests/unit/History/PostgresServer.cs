using System.Diagnostics;
using System.Globalization;
using PostfixNet.History;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.History;

/// <summary>A PostgreSQL server for the tests of a class, on a socket in a directory of its own; with what is installed.</summary>
public sealed class PostgresServer : IDisposable
{
    /// <summary>Where Debian has its programs; null: there are none.</summary>
    internal static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(static directory => $"{directory}/bin").Where(static directory => File.Exists($"{directory}/initdb")).Order().LastOrDefault() : null;

    private const string Nobody = "65534";

    private readonly TemporaryDirectory _directory = new();
    private readonly Process? _server;
    private int _schemas;

    /// <summary>Starts it.</summary>
    public PostgresServer()
    {
        if (Programs is null)
            return;
        string data = $"{_directory.Path}/data";
        PostfixNet.Native.FileSystem.ChangeMode(_directory.Path, 0x1FF /* 0777 */);
        using Process made = Start("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        Assert.True(made.WaitForExit(60_000) && made.ExitCode == 0, made.StandardError.ReadToEnd());
        File.WriteAllText($"{data}/pg_hba.conf", "local all postgres trust\nlocal all all scram-sha-256\n");
        _server = Start("postgres", "-D", data, "-k", _directory.Path, "-c", "listen_addresses=", "-c", "fsync=off");
        for (long end = Environment.TickCount64 + 30_000; !File.Exists($"{_directory.Path}/.s.PGSQL.5432") || !IsReady();)
        {
            Assert.True(Environment.TickCount64 < end && !_server.HasExited, "the server does not start");
            Thread.Sleep(20);
        }
    }

    /// <summary>A database with nothing in it.</summary>
    internal IDatabase NewDatabase() => new PostgresDatabase(PostgresDatabase.Parse(string.Create(CultureInfo.InvariantCulture, $"{Settings};Search Path=s{++_schemas}")));

    /// <summary>For a user who needs a password, and does not exist.</summary>
    internal string SettingsOfSecretUser => $"Host={_directory.Path};Username=stranger;Database=postgres";

    internal string Settings => $"Host={_directory.Path};Username=postgres;Database=postgres";

    private bool IsReady()
    {
        try
        {
            using PostgresDatabase database = new(PostgresDatabase.Parse(Settings));
            database.Connect(toWrite: false).Dispose();
            return true;
        }
        catch (System.Data.Common.DbException)
        {
            return false;
        }
    }

    // It refuses to run as root.
    private static Process Start(string program, params string[] arguments)
    {
        bool isRoot = Environment.IsPrivilegedProcess;
        ProcessStartInfo start = new(isRoot ? "/usr/bin/setpriv" : $"{Programs}/{program}",
            isRoot ? [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", $"{Programs}/{program}", .. arguments] : arguments)
        { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        if (program == "postgres")
        {
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
        }
        return process;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_server is not null)
        {
            _server.Kill(entireProcessTree: true);
            _server.WaitForExit();
            _server.Dispose();
        }
        _directory.Dispose();
    }
}
