using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Posttool;

/// <summary>postcat: queue files, readable.</summary>
internal static class Postcat
{
    private const string Usage = "postcat [-b (body text)] [-c config_dir] [-d (decimal record type)] [-e (envelope records)] [-h (header text)] [-o (offsets)] [-q (access queue)] [-r (file order)] [-v] [file(s)...]";

    // Where a message is looked for, in this order.
    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt, QueueName.Saved];

    internal static int Run(string[] arguments, CallerLog log)
    {
        string? directory = null;
        bool fromQueue = false;
        PrintedParts parts = new();
        Getopt options = new(arguments, "bc:dehoqrv");
        while (options.Next() is { } letter)
        {
            switch (letter)
            {
                case 'b': parts = parts with { Body = true }; break;
                case 'c': directory = options.Value; break;
                case 'd': parts = parts with { Types = true }; break;
                case 'e': parts = parts with { Envelope = true }; break;
                case 'h': parts = parts with { Headers = true }; break;
                case 'o': parts = parts with { Offsets = true }; break;
                case 'q': fromQueue = true; break;
                case 'r': parts = parts with { IsRaw = true }; break;
                case 'v': parts = parts with { Verbose = true }; break;
                case Getopt.Bad: throw UsageException.Of(options, log, Usage);
            }
        }
        if (parts is { Envelope: false, Headers: false, Body: false })
            parts = parts with { Envelope = true, Headers = true, Body = true };
        if (options.Operands.Count == 0)
        {
            PrintInput(parts, log);
        }
        else if (fromQueue)
        {
            QueueDirectories queues = QueueDirectories.FromConfig(MainConfig.Load(MainConfig.FindDirectory(directory)));
            FileSystem.ChangeDirectory(queues.Root);
            foreach (string name in options.Operands)
                Print(FindInQueue(queues, name), parts, log);
        }
        else
        {
            foreach (string path in options.Operands)
                Print(path, parts, log);
        }
        return ExitStatus.Ok;
    }

    // Relative, as Postfix shows it.
    private static string FindInQueue(QueueDirectories queues, string name)
    {
        if (!QueueId.TryParse(name, out QueueId id))
            throw new UsageException($"bad mail queue ID: {name}");
        return s_queues.Select(queue => queues.PathOf(queue, id)[(queues.Root.Length + 1)..]).FirstOrDefault(static path => FileSystem.Status(path) is not null)
            ?? throw new UsageException($"open queue file {name}: No such file or directory");
    }

    private static void Print(string path, PrintedParts parts, CallerLog log)
    {
        using SafeFileHandle file = Open(path);
        Print(path, file, parts, log);
    }

    // As in Postfix, -r matters with -v only.
    private static void Print(string path, SafeFileHandle file, PrintedParts parts, CallerLog log) =>
        new QueueFilePrinter(path, new RecordReader(file, followPointers: !(parts.IsRaw && parts.Verbose), reportPointers: parts.Verbose), canSeek: true, parts, log).Run();

    private static void PrintInput(PrintedParts parts, CallerLog log)
    {
        const string Name = "stdin";
        using SafeFileHandle input = new(0, ownsHandle: false);
        if (FileSystem.Status(input).Kind == FileKind.Regular)
            Print(Name, input, parts, log);
        else
            new QueueFilePrinter(Name, new RecordReader(static buffer => StandardStreams.ReadInput(buffer), RecordReader.TrustedMaximumPayload), canSeek: false, parts, log).Run();
    }

    private static SafeFileHandle Open(string path)
    {
        try
        {
            return FileSystem.Open(path);
        }
        catch (SystemCallException e)
        {
            throw new UsageException($"open {path}: {e.Reason}");
        }
    }
}
