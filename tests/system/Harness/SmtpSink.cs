using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Debian's smtp-sink, which writes what it gets into files.</summary>
internal sealed class SmtpSink : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Process process;

    /// <param name="options">of smtp-sink(1), for one that misbehaves</param>
    public SmtpSink(params string[] options)
    {
        Port = Ports.Take("127.0.0.1");
        string dump = Directory.CreateDirectory(directory["mail"]).FullName;
        File.SetUnixFileMode(dump, (UnixFileMode)0b111_111_111);
        string[] user = MailSystem.IsRoot ? ["-u", "nobody"] : [];
        process = Command.Start(
            "smtp-sink", [.. user, .. options, "-d", dump + "/m.", $"127.0.0.1:{Port}", "100"], ("OWNER_DIRECTORY", directory.Path));
        try
        {
            Wait.For("smtp-sink", () => process.HasExited || Accepts());
            if (process.HasExited)
                throw new XunitException("smtp-sink ended: " + process.StandardError.ReadToEnd());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The port it listens on, at 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>
    /// The messages dumped so far: the sender, the recipients, and the content after smtp-sink's own headers. It writes lines with LF only, drops bare carriage returns, and ends with an empty line of its own.
    /// </summary>
    public IReadOnlyList<(string Sender, string[] Recipients, string Content)> Messages()
    {
        var messages = new List<(string, string[], string)>();
        foreach (string path in Directory.EnumerateFiles(directory["mail"]))
        {
            string text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
            string sender = "";
            var recipients = new List<string>();
            int position = 0;
            bool own = true;
            while (own && position < text.Length)
            {
                int end = text.IndexOf('\n', position) + 1;
                if (end == 0)
                    break;
                string line = text[position..end];
                own = line.StartsWith("X-", StringComparison.Ordinal) || line.StartsWith("Received: from ", StringComparison.Ordinal)
                    || line.StartsWith('\t');
                if (line.StartsWith("X-Rcpt-Args: ", StringComparison.Ordinal))
                    recipients.Add(Path(line));
                if (line.StartsWith("X-Mail-Args: ", StringComparison.Ordinal))
                    sender = Path(line);
                if (own)
                    position = end;
                if (line.Contains("(UTC)", StringComparison.Ordinal) || line.Contains("+0000", StringComparison.Ordinal))
                    own = false;
            }
            if (text.EndsWith("\n\n", StringComparison.Ordinal))
                messages.Add((sender, [.. recipients], text[position..^1]));
        }
        return messages;
    }

    // "X-Mail-Args: <a@x.test> BODY=8BITMIME" has a@x.test
    private static string Path(string line) => line[(line.IndexOf('<') + 1)..line.LastIndexOf('>')];

    public void Dispose()
    {
        RunningPrograms.KillAll(directory.Path);
        process.Dispose();
        directory.Dispose();
    }

    private bool Accepts()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
