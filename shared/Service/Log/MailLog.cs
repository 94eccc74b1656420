using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Log;

/// <summary>The log of one program, in Postfix's line format: one line per event, to syslog, a file, or standard output.</summary>
/// <remarks>Before <see cref="Open"/> nothing is written. A line is one write(2) in append mode, so lines of different
/// processes do not mix. Control characters become '?'. A log that cannot be written never stops mail.</remarks>
public static unsafe class MailLog
{
    private const int LOG_PID = 1;
    private static Sink s_sink;
    private static string s_tag = "", s_host = "", s_program = "";
    private static LogOptions? s_options;
    private static int s_fd = -1;
    private static bool s_json;

    private enum Sink { None, Syslog, File, StandardOutput }

    /// <summary>Chooses where lines go from now on.</summary>
    /// <param name="options">Where they go and how they look.</param>
    /// <param name="program">Second part of the tag: the program, e.g. "qmgr".</param>
    public static void Open(LogOptions options, string program)
    {
        ArgumentNullException.ThrowIfNull(options);
        (s_options, s_program, s_json) = (options, program, options.IsJson);
        s_tag = $"{options.Name}/{program}";
        string host = Users.HostName();
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        s_host = dot > 0 ? host[..dot] : host;
        Close();
        s_sink = options.Path.Length == 0 ? Sink.Syslog : options.IsStandardOutput ? Sink.StandardOutput : Sink.File;
        if (s_sink == Sink.File)
        {
            s_fd = OpenFile(options.Path, options.FileMode);
            // Somebody else's log file: an ordinary user's sendmail has no log, and says what matters on stderr.
            if (s_fd < 0)
                s_sink = Sink.None;
        }
        else if (s_sink == Sink.Syslog)
        {
            // openlog keeps the pointer: the bytes live as long as the process.
            byte[] ident = [.. Encoding.UTF8.GetBytes(s_tag), 0];
            byte* copy = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)ident.Length);
            ident.CopyTo(new Span<byte>(copy, ident.Length));
            LibC.OpenLog((nint)copy, LOG_PID, options.Facility);
        }
    }

    private static int OpenFile(string path, uint mode)
    {
        int flags = LibC.O_WRONLY | LibC.O_APPEND | LibC.O_CLOEXEC | LibC.O_NONBLOCK | (Users.EffectiveUid == 0 ? LibC.O_NOFOLLOW : 0);
        int fd = LibC.Open(path, flags, 0);
        if (fd >= 0)
            return fd;
        fd = LibC.Open(path, flags | LibC.O_CREAT | LibC.O_EXCL, mode);
        if (fd < 0)
            return LibC.Open(path, flags, 0); // somebody else was quicker
        // Services have a creation mask that lets nobody else read what they make.
        using SafeFileHandle file = new(fd, ownsHandle: false);
        _ = LibC.FChMod(file, mode);
        return fd;
    }

    /// <summary>Opens the file anew, after it was rotated.</summary>
    public static void Reopen()
    {
        if (s_sink is Sink.File or Sink.None && s_options is not null)
            Open(s_options, s_program);
    }

    /// <summary>This log, for those who are handed one.</summary>
    public static ILog Lines { get; } = new Forward();

    private sealed class Forward : ILog
    {
        public void Write(Severity severity, string text)
        {
            switch (severity)
            {
                case Severity.Info: Info(text); break;
                case Severity.Warning: Warning(text); break;
                case Severity.Error: Error(text); break;
                case Severity.Fatal: Fatal(text); break;
                default: Panic(text); break;
            }
        }
    }

    /// <summary>What became of mail.</summary>
    public static void Info(string text) => Write("", 6, text);

    /// <summary>A person should look.</summary>
    public static void Warning(string text) => Write("warning: ", 4, text);

    /// <summary>Something failed that should not, and the program goes on.</summary>
    public static void Error(string text) => Write("error: ", 3, text);

    /// <summary>This program cannot go on; the caller ends it.</summary>
    public static void Fatal(string text) => Write("fatal: ", 2, text);

    /// <summary>A bug in this program; the caller ends it.</summary>
    public static void Panic(string text) => Write("panic: ", 2, text);

    private static void Write(string prefix, int priority, string text)
    {
        if (s_sink == Sink.None)
            return;
        text = PrintableText.Of(text);
        if (s_sink == Sink.Syslog && !s_json)
        {
            LibC.SysLog(priority, "%s", prefix + text);
            return;
        }
        string line = s_json ? Json(prefix, text) : string.Create(CultureInfo.InvariantCulture, $"{MailLogTime.Stamp()} {s_host} {s_tag}[{Environment.ProcessId}]: {prefix}{text}\n");
        if (s_sink == Sink.Syslog)
        {
            LibC.SysLog(priority, "%s", line.TrimEnd('\n'));
            return;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        fixed (byte* p = bytes)
            _ = LibC.Write(s_sink == Sink.File ? s_fd : 1, p, bytes.Length);
    }

    private static string Json(string prefix, string text)
    {
        string severity = prefix.Length == 0 ? "info" : prefix[..^2];
        string time = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $"{{\"time\": \"{time}\", \"program\": {JsonText.Quote(s_tag)}, \"pid\": {Environment.ProcessId}, \"severity\": \"{severity}\", \"text\": {JsonText.Quote(text)}}}\n";
    }

    private static void Close()
    {
        if (s_fd >= 0)
            _ = LibC.Close(s_fd);
        s_fd = -1;
    }
}
