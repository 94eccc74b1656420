using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>What the right-hand side of an access table, or a policy service, wants: the actions of Postfix's access(5).</summary>
internal static class AccessAction
{
    /// <summary>Whether it can be done.</summary>
    /// <param name="isRestriction">Words are restrictions that are known.</param>
    /// <returns>null: yes; else what is wrong.</returns>
    internal static string? Problem(string value, Func<string, bool> isRestriction)
    {
        (string word, string text) = Split(value);
        return word switch
        {
            "" => "is empty",
            "FILTER" when !text.Contains(':', StringComparison.Ordinal) => "needs a transport and a next hop, transport:nexthop",
            "REDIRECT" or "BCC" when !text.Contains('@', StringComparison.Ordinal) => "needs an address, user@domain",
            "PREPEND" when !IsHeader(text) => "needs a header, \"Name: text\"",
            _ when IsAction(word) || IsCode(word, text) || value.All(char.IsAsciiDigit) || isRestriction(value) => null,
            _ => "is no action",
        };
    }

    /// <summary>Does it.</summary>
    /// <param name="value">Action, and text.</param>
    /// <param name="source">Where it comes from, for warnings.</param>
    internal static ValueTask<Verdict> Apply(Evaluation evaluation, string value, string source)
    {
        (string word, string text) = Split(value);
        if (Problem(value, static _ => true) is { } problem)
        {
            evaluation.Services.Log.Warning($"{source}: \"{PrintableText.Of(value)}\" {problem}");
            return new(evaluation.RefuseForConfiguration());
        }
        if (word is "FILTER" or "HOLD" or "DISCARD" or "REDIRECT" or "BCC" or "PREPEND" && evaluation.Session.Transaction is null)
        {
            evaluation.Services.Log.Warning($"{source}: with smtpd_delay_reject = false, {word} is passed over in client and HELO restrictions");
            return default;
        }
        if (value.All(char.IsAsciiDigit))
            return new(Verdict.Permitted);
        if (IsCode(word, text))
            return new(Refuse(evaluation, int.Parse(word, CultureInfo.InvariantCulture), $"{word[0]}.7.1", text, "Access denied"));
        switch (word)
        {
            case "OK" or "RELAY":
                return new(Verdict.Permitted);
            case "DUNNO":
                return default;
            case "REJECT":
                return new(Refuse(evaluation, evaluation.Options.Codes.MapReject, "5.7.1", text, "Access denied"));
            case "DEFER":
                return new(Refuse(evaluation, evaluation.Options.Codes.MapDefer, "4.7.1", text, "Access denied"));
            case "DEFER_IF_PERMIT":
                return new(evaluation.Defer(ReplyOf(evaluation, evaluation.Options.Codes.MapDefer, "4.7.1", text, "Service unavailable")));
            case "DEFER_IF_REJECT":
                evaluation.DeferIfReject ??= ReplyOf(evaluation, evaluation.Options.Codes.MapDefer, "4.7.1", text, "Service unavailable");
                return default;
            case "INFO" or "WARN":
                evaluation.Tell(word.ToLowerInvariant(), text);
                return default;
            case "FILTER" or "HOLD" or "DISCARD" or "REDIRECT" or "BCC" or "PREPEND":
                return new(ForMessage(evaluation, evaluation.Session.Transaction!, word, text, source));
        }
        return evaluation.Options.Parse(value) is { } restrictions ? restrictions.Apply(evaluation) : Unknown(evaluation, value, source);
    }

    private static ValueTask<Verdict> Unknown(Evaluation evaluation, string value, string source)
    {
        evaluation.Services.Log.Warning($"{source}: \"{PrintableText.Of(value)}\" is no action, and no restriction");
        return new(evaluation.RefuseForConfiguration());
    }

    private static Verdict ForMessage(Evaluation evaluation, Transaction transaction, string word, string text, string source)
    {
        switch (word)
        {
            case "HOLD" when transaction.IsHeld:
                return Verdict.Undecided;
            case "HOLD":
                evaluation.Tell("hold", $"{evaluation.Subject} {(text.Length > 0 ? text : "triggers HOLD action")}");
                transaction.IsHeld = true;
                return Verdict.Undecided;
            case "DISCARD":
                evaluation.Tell("discard", $"{evaluation.Subject} {(text.Length > 0 ? text : "triggers DISCARD action")}");
                transaction.IsDiscarded = true;
                return Verdict.Permitted;
            case "FILTER":
                evaluation.Tell("filter", $"{evaluation.Subject} triggers FILTER {text}");
                transaction.Filter = text;
                return Verdict.Undecided;
            case "REDIRECT":
                evaluation.Tell("redirect", $"{evaluation.Subject} triggers REDIRECT {text}");
                transaction.Redirect = text;
                return Verdict.Undecided;
            case "BCC":
                evaluation.Tell("bcc", $"{evaluation.Subject} triggers BCC {text}");
                transaction.Copies.Add(text);
                return Verdict.Undecided;
            case "PREPEND" when evaluation.Stage == "END-OF-MESSAGE":
                evaluation.Services.Log.Warning($"{source}: PREPEND comes too late in smtpd_end_of_data_restrictions");
                return Verdict.Undecided;
            default:
                transaction.Prepended.Add(text);
                return Verdict.Undecided;
        }
    }

    private static Verdict Refuse(Evaluation evaluation, int code, string status, string text, string otherwise) =>
        evaluation.Refuse(ReplyOf(evaluation, code, status, text, otherwise));

    private static Reply ReplyOf(Evaluation evaluation, int code, string status, string text, string otherwise)
    {
        int end = text.IndexOf(' ', StringComparison.Ordinal);
        string first = end < 0 ? text : text[..end];
        if (first.Length > 0 && first[0] is '2' or '4' or '5' && Reply.IsStatus(first, first[0]))
            (status, text) = (first, end < 0 ? "" : text[end..].TrimStart());
        return Evaluation.MakeReply(code, StatusFor(evaluation.Subject.Kind, status), $"{evaluation.Subject} rejected: {(text.Length > 0 ? text : otherwise)}");
    }

    // RFC 3463 section 3.2: x.1.y is about one address, of a recipient or of a sender; of what is no address nothing such is said.
    private static string StatusFor(string kind, string status)
    {
        if (!status.AsSpan(1).StartsWith(".1."))
            return status;
        string detail = status[4..];
        string about = kind switch
        {
            Subject.Sender => detail switch { "2" or "8" => "1.8", "1" or "3" or "4" or "6" or "7" => "1.7", _ => "1.0" },
            Subject.Recipient => detail switch { "1" or "4" or "5" or "6" => $"1.{detail}", "2" or "8" => "1.2", "3" or "7" => "1.3", _ => "1.0" },
            _ => "0.0",
        };
        return $"{status[0]}.{about}";
    }

    private static bool IsAction(string word) => word is "OK" or "RELAY" or "DUNNO" or "REJECT" or "DEFER" or "DEFER_IF_PERMIT" or "DEFER_IF_REJECT" or "INFO" or "WARN"
        or "FILTER" or "HOLD" or "DISCARD" or "REDIRECT" or "BCC" or "PREPEND";

    private static bool IsCode(string word, string text) => text.Length > 0 && word is ['4' or '5', >= '0' and <= '9', >= '0' and <= '9'];

    private static bool IsHeader(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).TrimEnd(" \t") is { Length: > 0 } name && !name.ContainsAnyExceptInRange('!', '~');
    }

    // Actions are words in whatever letter case.
    private static (string Word, string Text) Split(string value)
    {
        int end = value.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (value.ToUpperInvariant(), "") : (value[..end].ToUpperInvariant(), value[end..].Trim());
    }
}
