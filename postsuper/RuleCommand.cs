using System.Globalization;
using System.Text;
using PostfixNet.Actions;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>postsuper rule: has the queue manager change the standing rules, and tells them.</summary>
internal static class RuleCommand
{
    internal const string Word = "rule";

    private const string Usage = "usage: postsuper [-c config_dir] rule add NAME hold|discard|redirect ADDRESS --match FILTER [--expire TIME] | rule list [--json] | rule remove NAME...";
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(3);

    /// <summary>Does what the words say.</summary>
    /// <param name="words">Behind "rule".</param>
    /// <param name="report">For what was done.</param>
    /// <param name="log">For what was not.</param>
    /// <param name="clock">The present.</param>
    /// <returns>Exit status.</returns>
    internal static int Run(IReadOnlyList<string> words, Report report, CallerLog log, TimeProvider clock)
    {
        try
        {
            return words switch
            {
                ["add", ..] => Add(Parse([.. words.Skip(1)], MailTime.Microseconds(clock) / 1_000_000), report, log),
                ["list"] => List(asJson: false, log),
                ["list", "--json"] => List(asJson: true, log),
                ["remove", _, ..] => Remove([.. words.Skip(1)], report, log),
                _ => log.Fatal(Usage, ExitStatus.Usage),
            };
        }
        catch (FormatException e)
        {
            return log.Fatal($"{e.Message}; {Usage}", ExitStatus.Usage);
        }
    }

    /// <summary>A rule from its words.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    internal static StandingRule Parse(IReadOnlyList<string> words, long now)
    {
        string? filter = null;
        long expires = 0;
        List<string> plain = [];
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] is not ("--match" or "--expire"))
            {
                plain.Add(words[i]);
                continue;
            }
            if (i + 1 == words.Count)
                throw new FormatException($"option {words[i]} needs a value");
            if (words[i] == "--match")
                filter = filter is null ? words[i + 1] : throw new FormatException("one --match at a time");
            else
                expires = now + (Filter.ParseTime(words[i + 1]) is > 0 and long time ? time : throw new FormatException($"--expire: \"{PrintableText.Of(words[i + 1])}\" is no time, as 90s, 15m, 2h, 1d12h, 1w"));
            i++;
        }
        if (filter is null)
            throw new FormatException("which mail is missing: --match FILTER");
        if (plain is not ([_, _] or [_, "redirect", _]))
            throw new FormatException("a rule has a name and one action");
        return StandingRule.Of(plain[0], plain[1], plain is [_, _, var target] ? Address.FromExternal(target) : "", filter, now, expires);
    }

    private static int Add(StandingRule rule, Report report, CallerLog log)
    {
        if (Ask(new RuleRequest.Add(rule), log) is not { } reply)
            return ExitStatus.Unavailable;
        if (reply.Refusal is { } why)
            return log.Fatal(why, 1);
        report.Say($"standing rule {rule.Name}: in force");
        return ExitStatus.Ok;
    }

    private static int Remove(IReadOnlyList<string> names, Report report, CallerLog log)
    {
        foreach (string name in names)
        {
            if (Ask(new RuleRequest.Remove(name), log) is not { } reply)
                return ExitStatus.Unavailable;
            if (reply.Refusal is { } why)
                return log.Fatal(why, 1);
            report.Say($"standing rule {name}: removed");
        }
        return ExitStatus.Ok;
    }

    private static int List(bool asJson, CallerLog log)
    {
        // The file tells what there is when nobody is there to ask.
        RuleReply? reply = Ask(new RuleRequest.List(), null);
        if (reply is null)
        {
            StandingRules known = StandingRules.Read(".");
            reply = new RuleReply(known.Problem, [.. known.Rules.Select(static rule => new RuleUse(rule, 0))]);
        }
        if (reply.Refusal is { } why)
            return log.Fatal(why, 1);
        StringBuilder text = new();
        foreach (RuleUse use in reply.Rules)
            text.Append(asJson ? Json(use) : Line(use)).Append('\n');
        _ = StandardStreams.TryWriteOutput(text.ToString());
        return ExitStatus.Ok;
    }

    private static string Line(RuleUse use) => PrintableText.Of(string.Create(CultureInfo.InvariantCulture,
        $"{use.Rule.Name} {use.Rule.ActionWord}{(use.Rule.Target.Length > 0 ? " " + Address.ToExternal(use.Rule.Target) : "")} --match '{use.Rule.Filter.Text.Replace("'", "'\\''", StringComparison.Ordinal)}' since {MailTime.DateWithYear(use.Rule.Since)}"
        + $"{(use.Rule.Expires > 0 ? $" until {MailTime.DateWithYear(use.Rule.Expires)}" : "")}, used {use.Count}"));

    private static string Json(RuleUse use) =>
        $"{{\"name\": {JsonText.Quote(use.Rule.Name)}, \"action\": \"{use.Rule.ActionWord}\", "
        + (use.Rule.Target.Length > 0 ? $"\"address\": {JsonText.Quote(Address.ToExternal(use.Rule.Target))}, " : "")
        + string.Create(CultureInfo.InvariantCulture, $"\"match\": {JsonText.Quote(use.Rule.Filter.Text)}, \"since\": {use.Rule.Since}, ")
        + (use.Rule.Expires > 0 ? string.Create(CultureInfo.InvariantCulture, $"\"expires\": {use.Rule.Expires}, ") : "")
        + string.Create(CultureInfo.InvariantCulture, $"\"used\": {use.Count}}}");

    // null: nobody answers, which is told unless there is no log for it.
    private static RuleReply? Ask(RuleRequest request, CallerLog? log)
    {
        try
        {
            using Channel channel = Connect(isPatient: log is not null);
            channel.Send(request.ToAttributes());
            return RuleReply.From(channel.ReceiveReply());
        }
        catch (IpcException e)
        {
            log?.Fatal($"only the queue manager changes rules, and it does not answer: {e.Message}", ExitStatus.Unavailable);
            return null;
        }
    }

    // In a system that was just started the queue manager is a moment behind its own socket.
    private static Channel Connect(bool isPatient)
    {
        Deadline end = Deadline.In(s_startTime);
        while (true)
        {
            try
            {
                return Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_timeout);
            }
            catch (IpcException) when (isPatient && !end.IsOver && FileSystem.Status("public/qmgr") is not null)
            {
                Descriptor.Pause(20);
            }
        }
    }
}
