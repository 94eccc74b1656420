using PostfixNet.Events;

namespace PostfixNet.Metrics;

/// <summary>What an event of a delivery comes to, in words of few: for labels.</summary>
internal static class Outcome
{
    // The second number of a status code, RFC 3463 section 3.
    private static readonly string[] s_subjects = ["other", "address", "mailbox", "system", "network", "protocol", "content", "policy"];

    // What a delivery took when an agent of ours had it: RFC 3463's words do not tell a server that is slow from one that is not there.
    private const string TimedOut = "timed out", Stopping = "mail system is stopping";

    /// <summary>All that <see cref="Reason"/> gives.</summary>
    internal static IReadOnlyList<string> Reasons => s_subjects;

    /// <summary>Class of the reason why a recipient was put off or refused: the subject of its status code.</summary>
    internal static string Reason(MailEvent told) => told.Dsn?.Split('.') is [_, [>= '0' and <= '7' and var digit], ..] ? s_subjects[digit - '0'] : s_subjects[0];

    /// <summary>How an attempt of an agent ended (S3-02): ok, perm, temp (a server answered), timeout, canceled, error.</summary>
    internal static string Result(MailEvent told) => told.Kind switch
    {
        EventKind.Delivered or EventKind.Relayed => "ok",
        EventKind.Bounced => "perm",
        _ when IsTimeout(told) => "timeout",
        _ when IsCanceled(told) => "canceled",
        _ when Reason(told) is "network" => "error",
        _ => "temp",
    };

    /// <summary>How the connection of an attempt ended (S3-01): ok, timeout, canceled, error.</summary>
    internal static string Connection(MailEvent told) => Result(told) switch
    {
        "ok" or "perm" or "temp" => "ok",
        var other => other,
    };

    /// <summary>The level of TLS that was asked for, and whether there was any: "none", "may" (encrypted), "may-plain".</summary>
    internal static string Tls(MailEvent told) => told.Tls is not { } tls ? "none" : tls.Protocol is null ? $"{tls.Level}-plain" : tls.Level;

    /// <summary>Which attempt of the message: few ranges.</summary>
    internal static string Attempt(MailEvent told) => told.Attempt switch
    {
        null => "unknown",
        <= 1 => "1",
        2 => "2",
        3 => "3",
        <= 8 => "4-8",
        _ => "later",
    };

    private static bool IsTimeout(MailEvent told) => told.Reply?.Contains(TimedOut, StringComparison.OrdinalIgnoreCase) == true && Reason(told) == "network";

    private static bool IsCanceled(MailEvent told) => told.Reply == Stopping;
}
