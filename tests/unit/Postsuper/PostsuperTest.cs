using PostfixNet.Actions;
using PostfixNet.Native;
using PostfixNet.Postsuper;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postsuper;

/// <summary>A queue, what postsuper says of it, and files to put there.</summary>
public abstract class PostsuperTest : IDisposable
{
    private protected TemporaryDirectory Files { get; } = new();

    private protected PostsuperTest()
    {
        Queues = new QueueDirectories(Root, ["deferred", "defer"], 1);
        Queues.CreateMissing(owner: null, group: 0);
    }

    private protected QueueDirectories Queues { get; }

    private protected string Root => Files.Path;

    public void Dispose()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected string AddMail(QueueName queue, int hours)
    {
        string id = AddMessage(queue);
        byte[] content = File.ReadAllBytes(Find(id));
        int time = content.AsSpan().IndexOf("T\u000c"u8);
        System.Text.Encoding.ASCII.GetBytes($"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() - hours * 3600}").CopyTo(content, time + 2);
        File.WriteAllBytes(Find(id), content);
        return id;
    }

    private protected string AddMessage(QueueName queue, int mode = QueueFileMode.Ready)
    {
        using NewQueueFile file = NewQueueFile.Create(Queues, queue, longId: true);
        FileSystem.WriteAt(file.Handle, QueueFileTests.Message("R|a@b.test", 1), 0);
        file.Commit(mode);
        return file.Id.ToString();
    }

    private protected string Add(QueueName queue, int mode = QueueFileMode.Ready, bool longId = true, string content = "")
    {
        using NewQueueFile file = NewQueueFile.Create(Queues, queue, longId);
        FileSystem.WriteAt(file.Handle, System.Text.Encoding.UTF8.GetBytes(content), 0);
        file.Commit(mode);
        return file.Id.ToString();
    }

    private protected void AddLog(QueueName log, string name, string content = "")
    {
        QueueId id = Parse(name.Split('#')[0]);
        Queues.MakeHashDirectories(log, id);
        File.WriteAllText($"{Queues.PathOf(log, id)[..^id.ToString().Length]}{name}", content);
    }

    private protected void Rename(QueueName queue, string from, string to) => RenamePath(Queues.PathOf(queue, Parse(from)), to);

    private protected static QueueId Parse(string text) => QueueId.TryParse(text, out QueueId id) ? id : throw new ArgumentException(text);

    private protected static QueueId WithInode(QueueId id, ulong inode) => id.TryWithInode(inode, out QueueId with) ? with : throw new ArgumentException("no inode in it");

    private protected static void RenamePath(string path, string to) => File.Move(path, $"{Path.GetDirectoryName(path)}/{to}");

    private protected string[] Everything() => [.. Directory.EnumerateFiles(Queues.Root, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!)];

    private protected string Find(string id) => Assert.Single(Directory.EnumerateFiles(Queues.Root, id, SearchOption.AllDirectories),
        path => !path.Contains("/defer/", StringComparison.Ordinal) && !path.Contains("/bounce/", StringComparison.Ordinal));

    private protected string QueueOf(string id) => Find(id)[(Queues.Root.Length + 1)..].Split('/')[0];

    private protected static string Mode(string path) => Convert.ToString(FileSystem.Status(path)!.Value.Mode, 8);

    private protected static void Hardlink(string from, string to)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("ln", [from, to]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private protected string[] Run(params string[] arguments) => Run(Queues, true, arguments, []);

    private protected static string[] Run(QueueDirectories queues, bool longIds, string[] arguments, string[] input)
    {
        Orders line = new();
        Assert.Null(line.Parse(arguments));
        Collector report = new();
        Program.Run(line, queues, report, longIds, () => input);
        return [.. report.Lines];
    }

    private protected sealed class Collector : Report
    {
        internal List<string> Lines { get; } = [];

        protected override void Write(string severity, string text) => Lines.Add(severity == "info" ? text : $"{severity}: {text}");
    }
}
