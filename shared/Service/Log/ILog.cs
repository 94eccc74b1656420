using System.Text.Json;

namespace PostfixNet.Log;

/// <summary>How much a line matters.</summary>
public enum Severity
{
    /// <summary>What became of mail.</summary>
    Info,
    /// <summary>A person should look.</summary>
    Warning,
    /// <summary>Something failed that should not, and the program goes on.</summary>
    Error,
    /// <summary>This program cannot go on; the caller ends it.</summary>
    Fatal,
    /// <summary>A bug in this program; the caller ends it, or what it was about.</summary>
    Panic,
}

/// <summary>Takes the lines of a log. Programs hand it to what writes them, their <c>Log</c>, so that a test reads its own lines only.</summary>
public interface ILog
{
    /// <summary>Takes a line; may be called by several threads.</summary>
    public void Write(Severity severity, string text);

    /// <summary>Takes a line of which programs can read more than people.</summary>
    /// <param name="members">More members of the JSON object, as JSON: <c>"name": value</c>. Only lines in JSON have them.</param>
    public void Write(Severity severity, string text, string members) => Write(severity, text);

    /// <summary>Takes a line that has fields besides, for a log in JSON.</summary>
    public void Write(Severity severity, ILogLine line) => Write(severity, line.Text);
}

/// <summary>A line whose parts are of use to programs.</summary>
public interface ILogLine
{
    /// <summary>As people and log analysers read it.</summary>
    public string Text { get; }

    /// <summary>Writes its parts into an object of JSON that has been begun, and has the fields of all lines.</summary>
    public void WriteFields(Utf8JsonWriter json);
}

/// <summary>Short forms.</summary>
public static class LogLines
{
    /// <summary>What became of mail.</summary>
    public static void Info(this ILog log, string text) => log.Write(Severity.Info, text);

    /// <summary>A person should look.</summary>
    public static void Warning(this ILog log, string text) => log.Write(Severity.Warning, text);

    /// <summary>Something failed that should not, and the program goes on.</summary>
    public static void Error(this ILog log, string text) => log.Write(Severity.Error, text);
}
