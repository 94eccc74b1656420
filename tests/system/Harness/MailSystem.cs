using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Native;

namespace PostfixNet.SystemTests.Harness;

/// <summary>
/// A private mail system: its own configuration, queue and log in a temporary directory, the published programs,
/// random loopback ports. Its Run methods end every process and removes every file whatever
/// happens, and add the mail log to a failure.
/// </summary>
internal sealed class MailSystem
{
    private readonly TemporaryDirectory directory;
    private readonly SortedDictionary<string, string> settings = new(StringComparer.Ordinal);
    private readonly List<string> tables = [];

    private MailSystem(TemporaryDirectory directory)
    {
        this.directory = directory;
        Directory.CreateDirectory(ConfigDirectory);
        Directory.CreateDirectory(QueueDirectory);
        File.WriteAllText(LogPath, "");
        string owner = Environment.UserName;
        string group = owner;
        if (IsRoot)
        {
            owner = "nobody";
            group = "nogroup";
            Account nobody = Users.ByName(owner) ?? throw new XunitException("there is no account nobody");
            OwnerUid = nobody.Uid;
            OwnerGid = nobody.Gid;
            Give(LogPath);
        }
        else
        {
            OwnerUid = Users.RealUid;
            group = Command.Run("id", ["-gn"]).Ok().Output.Trim();
            OwnerGid = uint.Parse(Command.Run("id", ["-g"]).Ok().Output, CultureInfo.InvariantCulture);
        }
        Set("queue_directory", QueueDirectory);
        Set("maillog_file", LogPath);
        Set("mail_owner", owner);
        Set("setgid_group", group);
        Set("myhostname", "mta.golden.test");
        Set("myorigin", "golden.test");
        Set("mydestination", "");
        Set("inet_interfaces", "127.0.0.1");
        Set("inet_protocols", "ipv4");
        Set("disable_dns_lookups", true);
        Set("relayhost", "[127.0.0.1]:1");
        Set("smtp_tls_security_level", "none");
        Set("queue_run_delay", "1s");
        Set("minimal_backoff_time", "2s");
        Set("maximal_backoff_time", "4s");
        Set("transport_retry_time", "1s");
        Set("service_throttle_time", "1s");
        Set("smtp_connect_timeout", "5s");
        Set("smtp_helo_timeout", "10s");
        File.Copy(Path.Combine(Repository.Root, "conf", "master.toml"), Path.Combine(ConfigDirectory, "master.toml"));
    }

    /// <summary>Whether the tests run as root, so that services run as nobody.</summary>
    public static bool IsRoot => Users.EffectiveUid == 0;

    /// <summary>Everything of this system is below it.</summary>
    public string Root => directory.Path;

    /// <summary>Holds main.toml and master.toml.</summary>
    public string ConfigDirectory => directory["conf"];

    /// <summary>The queue.</summary>
    public string QueueDirectory => directory["queue"];

    /// <summary>The mail log.</summary>
    public string LogPath => directory["maillog"];

    /// <summary>Account the services run as.</summary>
    public uint OwnerUid { get; }

    /// <summary>Its group.</summary>
    public uint OwnerGid { get; }

    /// <summary>Makes a system, runs the scenario, and cleans up.</summary>
    /// <param name="scenario">what happens</param>
    public static void Run(Action<MailSystem> scenario)
    {
        using var directory = new TemporaryDirectory();
        MailSystem? mail = null;
        try
        {
            mail = new MailSystem(directory);
            scenario(mail);
            mail.FailOnCrash();
        }
        catch (Exception error) when (mail != null)
        {
            throw new XunitException($"{error.Message}\n{error.StackTrace}\n{mail.State()}");
        }
        finally
        {
            RunningPrograms.KillAll(directory.Path);
        }
    }

    /// <summary>As <see cref="Run(Action{MailSystem})"/>, with a receiver that gets all mail.</summary>
    public static void Run(Action<MailSystem, SmtpReceiver> scenario, ReceiverOptions? options = null)
    {
        using var receiver = Ports.Receiver(options);
        Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{receiver.Port}");
            scenario(mail, receiver);
        });
    }

    /// <summary>A path below the private directory.</summary>
    public string PathOf(string name) => directory[name];

    /// <summary>Sets a parameter to a string, in main.toml.</summary>
    public void Set(string name, string value) => SetRaw(name, '"' + value.Replace("\\", "\\\\").Replace("\"", "\\\"") + '"');

    /// <summary>Sets a parameter to a boolean.</summary>
    public void Set(string name, bool value) => SetRaw(name, value ? "true" : "false");

    /// <summary>Sets a parameter to a number.</summary>
    public void Set(string name, int value) => SetRaw(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a parameter to TOML text as it is.</summary>
    public void SetRaw(string name, string toml)
    {
        settings[name] = toml;
        WriteMain();
    }

    /// <summary>Leaves a parameter to its default.</summary>
    public void Unset(string name)
    {
        settings.Remove(name);
        WriteMain();
    }

    /// <summary>Adds a TOML table to the end of main.toml.</summary>
    public void AddTable(string toml)
    {
        tables.Add(toml);
        WriteMain();
    }

    /// <summary>The text of main.toml.</summary>
    public string MainToml()
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in settings)
            text.Append(name).Append(" = ").Append(value).Append('\n');
        foreach (string table in tables)
            text.Append('\n').Append(table).Append('\n');
        return text.ToString();
    }

    // At one stroke, as an editor does: programs read it at any moment.
    private void WriteMain()
    {
        string path = Path.Combine(ConfigDirectory, "main.toml");
        File.WriteAllText(path + ".new", MainToml());
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Runs <c>master -c DIR</c> with a command.</summary>
    public CommandResult Master(params string[] arguments) => Tool("master", ["-c", ConfigDirectory, .. arguments]);

    /// <summary>Starts the system; it accepts mail and commands when this returns.</summary>
    public void Start() => Master("start").Ok();

    /// <summary>Stops it in an orderly way and waits until no process is left.</summary>
    public void Stop()
    {
        Master("stop").Ok();
        Wait.For("the end of all processes after master stop", () => Processes().Count == 0);
    }

    /// <summary>Whether <c>master status</c> says that it runs.</summary>
    public bool IsRunning => Master("status").Status == 0;

    /// <summary>Submits a message and fails unless it is accepted.</summary>
    public void Submit(string content, params string[] arguments) => Sendmail(content, arguments).Ok();

    /// <summary>Runs sendmail; each character of the content is one byte.</summary>
    public CommandResult Sendmail(string content, params string[] arguments) =>
        Sendmail(Encoding.Latin1.GetBytes(content), arguments);

    /// <summary>Runs sendmail.</summary>
    public CommandResult Sendmail(byte[] content, params string[] arguments) =>
        Command.Run(Repository.Program("sendmail"), ["-C", ConfigDirectory, .. arguments], content);

    /// <summary>Runs postqueue.</summary>
    public CommandResult Postqueue(params string[] arguments) => Tool("postqueue", ["-c", ConfigDirectory, .. arguments]);

    /// <summary>Runs postsuper; input is what it reads for the id "-".</summary>
    public CommandResult Postsuper(string[] arguments, string input = "") =>
        Command.Run(Repository.Program("postsuper"), ["-c", ConfigDirectory, .. arguments], Encoding.Latin1.GetBytes(input));

    /// <summary>Runs one of the programs with exactly these arguments.</summary>
    public static CommandResult Tool(string program, params string[] arguments) =>
        Command.Run(Repository.Program(program), arguments);

    /// <summary>The mail log so far.</summary>
    public string[] Log() => Encoding.Latin1.GetString(File.ReadAllBytes(LogPath)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lines of the log that match a pattern.</summary>
    public string[] Log(string pattern) => Log().Where(line => Regex.IsMatch(line, pattern)).ToArray();

    /// <summary>Waits for a line in the log and returns the first that matches.</summary>
    public string WaitForLog(string pattern, TimeSpan? deadline = null)
    {
        Wait.For($"a log line that matches {pattern}", () => Log(pattern).Length > 0, deadline);
        return Log(pattern)[0];
    }

    /// <summary>Waits until no message is in any queue but hold and corrupt.</summary>
    public void WaitForEmptyQueue(TimeSpan? deadline = null) =>
        Wait.For("an empty queue", () => Ids("maildrop", "incoming", "active", "deferred").Length == 0, deadline);

    /// <summary>Paths of the files in these queues, hashed or not, temporary ones included.</summary>
    public IReadOnlyList<string> QueueFiles(params string[] queues)
    {
        var files = new List<string>();
        foreach (string queue in queues)
            AddFiles(Path.Combine(QueueDirectory, queue), files);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    // Files move and directories appear while we look; a scan that was overtaken is not an error.
    private static void AddFiles(string directory, List<string> files)
    {
        try
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(directory))
            {
                bool isDirectory = File.GetAttributes(path).HasFlag(FileAttributes.Directory);
                if (isDirectory && Path.GetFileName(path).Length == 1)
                    AddFiles(path, files);
                else
                    files.Add(path);
            }
        }
        catch (Exception error) when (error is DirectoryNotFoundException or FileNotFoundException)
        {
        }
    }

    /// <summary>Path of a queue file in a queue, or null; only ids of the form in use are looked up in hash directories.</summary>
    public string? FileOf(string id, params string[] queues) =>
        QueueFiles(queues).FirstOrDefault(path => Path.GetFileName(path) == id);

    /// <summary>The queue ids of the complete messages now in these queues; what a killed program left unfinished is none.</summary>
    public string[] Ids(params string[] queues) => CompleteFiles(queues).Select(path => Path.GetFileName(path)).ToArray();

    // A file that moves from one queue to another while we look is seen in neither, or in both: what two looks in a row show, is.
    private string[] CompleteFiles(string[] queues)
    {
        string[] seen = [], before;
        int looks = 0;
        do
        {
            before = seen;
            seen = [.. QueueFiles(queues).Where(IsComplete)];
        }
        while (++looks < 2 || (looks < 50 && !seen.AsSpan().SequenceEqual(before)));
        return seen;
    }

    // Complete is what its owner may read, write and execute: the mode is the last thing that is set.
    private static bool IsComplete(string path) => FileSystem.Status(path) is { } status && (status.Mode & 0b111_000_000) == 0b111_000_000;

    /// <summary>Puts a complete file into a queue directory, as the queue's owner would.</summary>
    /// <param name="name">its path below the queue directory, e.g. deferred/1/1BC7BB2A7B8</param>
    /// <param name="content">its bytes</param>
    /// <param name="mode">its mode; 0700 is ready</param>
    public string Place(string name, byte[] content, int mode = 0b111_000_000)
    {
        string path = Path.Combine(QueueDirectory, name);
        MakeQueueDirectory(Path.GetDirectoryName(name)!);
        File.WriteAllBytes(path, content);
        Give(path);
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        return path;
    }

    /// <summary>Makes a directory below the queue directory as master would, owned by the mail owner.</summary>
    public void MakeQueueDirectory(string name)
    {
        string path = QueueDirectory;
        foreach (string part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                Give(path);
            }
        }
    }

    /// <summary>Makes the mail owner the owner of a file.</summary>
    public void Give(string path)
    {
        if (IsRoot)
            FileSystem.ChangeOwner(path, OwnerUid, OwnerGid, FileSystem.Status(path)!.Value.Kind);
    }

    /// <summary>Modification time of a file.</summary>
    public static DateTime ModifiedAt(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>The processes of this system.</summary>
    public IReadOnlyList<RunningProgram> Processes() => RunningPrograms.Of(Root);

    /// <summary>Process ids of one of its programs.</summary>
    public int[] Pids(string program) =>
        Processes().Where(process => process.Name == program).Select(process => process.Pid).ToArray();

    /// <summary>Content of a small message with a subject.</summary>
    public static string Message(string subject, string body = "Hello.\n") =>
        $"From: alice@origin.test\nTo: somebody@sink.test\nSubject: {subject}\n\n{body}";

    // A scenario that got its mail through although a program crashed on the way has not passed.
    private void FailOnCrash()
    {
        string[] crashes = Log(@"panic:|Unhandled exception|killed by signal (4|6|7|8|11)\b|   at PostfixNet\.");
        if (crashes.Length > 0)
            throw new XunitException("a program crashed: " + string.Join("\n", crashes));
    }

    private string State()
    {
        var text = new StringBuilder();
        text.Append("---- processes\n");
        foreach (RunningProgram process in Processes())
            text.Append(CultureInfo.InvariantCulture, $"{process.Pid} {process.Name}\n");
        text.Append("---- queue files\n");
        foreach (string path in QueueFiles("maildrop", "incoming", "active", "deferred", "hold", "corrupt", "bounce", "defer", "trace"))
            text.Append(path.AsSpan(QueueDirectory.Length + 1)).Append('\n');
        text.Append("---- mail log\n");
        string[] log = Log();
        foreach (string line in log.Length <= 400 ? log : [.. log[..100], $"... {log.Length - 400} lines ...", .. log[^300..]])
            text.Append(line).Append('\n');
        return text.ToString();
    }
}
