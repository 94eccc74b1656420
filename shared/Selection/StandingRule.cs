using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Selection;

/// <summary>What a standing rule does with mail.</summary>
public enum RuleAction
{
    /// <summary>It is put on hold.</summary>
    Hold,
    /// <summary>It is removed; nobody is told.</summary>
    Discard,
    /// <summary>All its recipients become another.</summary>
    Redirect,
}

/// <summary>An operator's order for all mail that a filter means: what is in the queue, and what comes.</summary>
/// <param name="Name">Of 1 to 64 letters, digits, '.', '-', '_'.</param>
/// <param name="Action">What is done.</param>
/// <param name="Target">Of a redirection: the address, internal form; else empty.</param>
/// <param name="Filter">Which mail.</param>
/// <param name="Since">When it was given, seconds since 1970.</param>
/// <param name="Expires">When it ends, likewise; 0: never.</param>
public sealed record StandingRule(string Name, RuleAction Action, string Target, Filter Filter, long Since, long Expires)
{
    private const int LongestName = 64, LongestTarget = 320;

    /// <summary>It is over.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public bool IsOver(long now) => Expires > 0 && Expires <= now;

    /// <summary>Puts one together from its words.</summary>
    /// <exception cref="FormatException">Something is not right; one line.</exception>
    public static StandingRule Of(string name, string action, string target, string filter, long since, long expires)
    {
        if (name.Length is 0 or > LongestName || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw new FormatException($"\"{PrintableText.Of(name)}\" is no name of a rule: letters, digits, '.', '-' and '_', {LongestName} at most");
        RuleAction? known = action switch { "hold" => RuleAction.Hold, "discard" => RuleAction.Discard, "redirect" => RuleAction.Redirect, _ => null };
        if (known is not { } what)
            throw new FormatException($"\"{PrintableText.Of(action)}\" is nothing that a rule does: hold, discard, redirect ADDRESS");
        if (what == RuleAction.Redirect && (target.Length is 0 or > LongestTarget || target.Any(char.IsControl) || !DomainName.IsMailDomain(Address.DomainOf(target))))
            throw new FormatException($"\"{PrintableText.Of(target)}\" is no address to redirect to");
        try
        {
            Filter parsed = Filter.Parse(filter);
            return (parsed.Needs & FilterNeeds.Place) != 0
                ? throw new FormatException("state and next are not for rules, which look at mail that is about to be delivered")
                : new StandingRule(name, what, what == RuleAction.Redirect ? target : "", parsed, since, expires);
        }
        catch (FilterException e)
        {
            throw new FormatException($"--match: {e.Message}", e);
        }
    }

    /// <summary>For logs and people: "hold, while age>2h".</summary>
    public override string ToString() => $"{ActionWord}{(Action == RuleAction.Redirect ? $" to {Address.ToExternal(Target)}" : "")}: {Filter.Text}";

    /// <summary>The word for what it does.</summary>
    public string ActionWord => Action switch { RuleAction.Hold => "hold", RuleAction.Discard => "discard", _ => "redirect" };

    /// <summary>As a line of the file of rules; nothing in it has a tab or a line end.</summary>
    internal string ToLine() => string.Join('\t', Name, ActionWord, Target, Since.ToString(CultureInfo.InvariantCulture), Expires.ToString(CultureInfo.InvariantCulture), Filter.Text);

    /// <exception cref="FormatException">It is none.</exception>
    internal static StandingRule FromLine(string line) => line.Split('\t') is [var name, var action, var target, var since, var expires, var filter]
        && long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out long given) && long.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out long end)
        ? Of(name, action, target, filter, given, end) : throw new FormatException("not a rule");
}
