using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Log;

/// <summary>The log of one program, in Postfix's line format: one line per event, to syslog, a file, or standard output.</summary>
/// <remarks>Before <see cref="Open"/> nothing is written. A line is one write(2) in append mode, so lines of different
/// processes do not mix. Control characters become '?', and of a long text there is the beginning, <see cref="LongestText"/>: users and senders decide
/// how long what they send is, and syslog takes no more than its datagrams hold. A log that cannot be written, or that nobody reads, never stops mail: its lines
/// are lost, and how many is said as soon as one can be written again.</remarks>
public static class MailLog
{
    /// <summary>Characters of a line, without its time and tag.</summary>
    public const int LongestText = 2000;

    private const string SystemLog = "/dev/log";
    private static readonly Lock s_lock = new();
    private static Place s_place;
    private static LineOutput? s_output;
    private static LogOptions? s_options;
    private static bool s_mustBeSomewhere;
    private static string s_program = "", s_tag = "";
    private static long s_lost;

    private enum Place { None, System, File, StandardOutput }

    /// <summary>Chooses where lines go from now on.</summary>
    /// <param name="options">Where they go and how they look.</param>
    /// <param name="program">Second part of the tag: the program, e.g. "qmgr".</param>
    /// <param name="mustBeSomewhere">Where a file cannot be opened syslog gets the lines, and where there is no syslog standard output does, as
    /// the programs of the mail system need it. Without this they are dropped: an ordinary user's sendmail, which may not write the
    /// log file, says what matters on standard error.</param>
    public static void Open(LogOptions options, string program, bool mustBeSomewhere = true)
    {
        ArgumentNullException.ThrowIfNull(options);
        string? trouble = null;
        lock (s_lock)
        {
            bool stays = s_place == Place.StandardOutput && options.IsStandardOutput; // which may not be opened any more
            (s_options, s_program, s_mustBeSomewhere) = (options, program, mustBeSomewhere);
            s_tag = $"{options.Name}/{program}";
            if (stays)
                return;
            Close();
            s_place = options.Path.Length == 0 ? Place.System : options.IsStandardOutput ? Place.StandardOutput : Place.File;
            try
            {
                s_output = s_place switch
                {
                    Place.File => LineOutput.ToFile(options.Path, options.FileMode),
                    Place.StandardOutput => LineOutput.StandardOutput(),
                    _ => null, // connected for the first line
                };
            }
            catch (SystemCallException e)
            {
                s_place = mustBeSomewhere ? Place.System : Place.None;
                trouble = e.Message;
            }
        }
        if (trouble is not null)
            Warning($"maillog_file: {trouble}; the log goes to syslog");
    }

    /// <summary>Gives the lines another tag, for whoever logs for others.</summary>
    public static void Rename(string tag)
    {
        lock (s_lock)
            s_tag = tag;
    }

    /// <summary>Opens the file anew, after it was rotated.</summary>
    public static void Reopen()
    {
        if (s_options is { Path.Length: > 0, IsStandardOutput: false } options)
            Open(options, s_program, s_mustBeSomewhere);
    }

    /// <summary>This log, for those who are handed one.</summary>
    public static ILog Lines { get; } = new Forward();

    private sealed class Forward : ILog
    {
        public void Write(Severity severity, string text) => MailLog.Write(severity, text);

        public void Write(Severity severity, string text, string members) => MailLog.Write(severity, text, members);

        public void Write(Severity severity, ILogLine line) => MailLog.Write(severity, line.Text, s_options is { IsJson: true } ? MembersOf(line) : "");
    }

    /// <summary>What became of mail.</summary>
    public static void Info(string text) => Write(Severity.Info, text);

    /// <summary>A person should look.</summary>
    public static void Warning(string text) => Write(Severity.Warning, text);

    /// <summary>Something failed that should not, and the program goes on.</summary>
    public static void Error(string text) => Write(Severity.Error, text);

    /// <summary>This program cannot go on; the caller ends it.</summary>
    public static void Fatal(string text) => Write(Severity.Fatal, text);

    /// <summary>A bug in this program; the caller ends it.</summary>
    public static void Panic(string text) => Write(Severity.Panic, text);

    private static void Write(Severity severity, string text, string members = "")
    {
        lock (s_lock)
        {
            if (s_options is null || s_place == Place.None)
                return;
            text = PrintableText.Of(text.Length > LongestText ? text[..LongestText] : text);
            if (s_lost > 0 && TryWrite(Severity.Warning, $"{s_lost} lines of this log were lost here: they could not be written"))
                s_lost = 0;
            if (s_lost > 0 || !TryWrite(severity, text, members))
                s_lost++;
        }
    }

    private static bool TryWrite(Severity severity, string text, string members = "")
    {
        if (s_place != Place.System)
            return s_output!.TryWrite(Line(severity, text, members));
        string line = SystemLogLine(severity, text, members);
        if (s_output is not null)
        {
            if (s_output.TryWrite(line))
                return true;
            if (!s_output.IsBroken)
                return false;
            // Syslog was started anew, or ended.
            Close();
        }
        s_output = LineOutput.ToSocket(SystemLog);
        if (s_output is not null)
            return s_output.TryWrite(line);
        if (!s_mustBeSomewhere)
            return true;
        using LineOutput instead = LineOutput.StandardOutput();
        _ = instead.TryWrite(Line(severity, text, members)); // of a daemon, /dev/null
        return true;
    }

    private static string Line(Severity severity, string text, string members) => s_options!.IsJson ? Json(severity, text, members) + '\n'
        : string.Create(CultureInfo.InvariantCulture, $"{MailLogTime.Stamp()} {s_options.Host} {s_tag}[{Environment.ProcessId}]: {Prefix(severity)}{text}\n");

    // RFC 3164 section 4.1, without a host, as all local senders write it.
    private static string SystemLogLine(Severity severity, string text, string members) => string.Create(CultureInfo.InvariantCulture,
        $"<{s_options!.Facility | Priority(severity)}>{MailLogTime.Stamp()} {s_tag}[{Environment.ProcessId}]: {(s_options.IsJson ? Json(severity, text, members) : Prefix(severity) + text)}");

    private static string Json(Severity severity, string text, string members)
    {
        string time = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $"{{\"time\": \"{time}\", \"program\": {JsonText.Quote(s_tag)}, \"pid\": {Environment.ProcessId}, \"severity\": \"{Word(severity)}\", \"text\": {JsonText.Quote(text)}{(members.Length > 0 ? ", " : "")}{members}}}";
    }

    private static string MembersOf(ILogLine line)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            line.WriteFields(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan[1..^1]);
    }

    private static string Prefix(Severity severity) => severity == Severity.Info ? "" : Word(severity) + ": ";

    private static string Word(Severity severity) => severity switch
    {
        Severity.Info => "info",
        Severity.Warning => "warning",
        Severity.Error => "error",
        Severity.Fatal => "fatal",
        _ => "panic",
    };

    // RFC 5424 section 6.2.1, as Postfix has them.
    private static int Priority(Severity severity) => severity switch
    {
        Severity.Info => 6,
        Severity.Warning => 4,
        Severity.Error => 3,
        _ => 2,
    };

    private static void Close()
    {
        s_output?.Dispose();
        s_output = null;
    }
}
