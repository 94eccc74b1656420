using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Qmgr;

/// <summary>The operator's standing rules: this process alone writes them, and looks at mail by them.</summary>
/// <remarks>A rule is on stable storage before it is acknowledged, and then holds for whatever is taken into the active queue; it is asked here, and nowhere else.</remarks>
internal sealed class RuleBook(QueueDirectories directories, Routing routing, TimeProvider clock, Log log) : IRoutes
{
    private readonly Dictionary<string, long> _uses = [];
    private StandingRules _rules = StandingRules.None;
    private string? _told;

    /// <summary>They are not known: nothing may be delivered.</summary>
    internal bool IsBroken => _rules.Problem is not null;

    /// <summary>There are any.</summary>
    internal bool HasAny => _rules.Rules.Count > 0;

    private long Now => MailTime.Microseconds(clock) / 1_000_000;

    /// <summary>Reads the file: at the start, and while it cannot be understood.</summary>
    internal void Read()
    {
        _rules = StandingRules.Read(directories.Root);
        if (_rules.Problem is { } problem && problem != _told)
            log.RulesUnreadable(problem);
        _told = _rules.Problem;
    }

    /// <summary>Does what an operator asks for.</summary>
    /// <param name="request">What.</param>
    /// <param name="hasNew">There is a rule that was not there before: mail that is in the queue is to be looked at.</param>
    internal RuleReply Answer(RuleRequest request, out bool hasNew)
    {
        hasNew = false;
        if (IsBroken)
            return new RuleReply($"{_rules.Problem}: all deliveries are stopped until it is repaired, or removed, and the system is reloaded", []);
        string? refusal = null;
        try
        {
            if (request is RuleRequest.Add add)
                refusal = Add(add.Rule, out hasNew);
            else if (request is RuleRequest.Remove remove)
                refusal = Remove(remove.Name);
        }
        catch (IOException e)
        {
            // Which of the two files a loss of power would leave is not known: the one that is there now holds.
            log.Trouble(e);
            Read();
            hasNew = request is RuleRequest.Add;
            refusal = $"not known to be on stable storage: {e.Message}";
        }
        return new RuleReply(refusal, [.. _rules.Rules.Select(rule => new RuleUse(rule, _uses.GetValueOrDefault(rule.Name)))]);
    }

    private string? Add(StandingRule rule, out bool hasNew)
    {
        hasNew = false;
        if (_rules.Find(rule.Name) is { } known && !known.IsOver(Now))
            return $"there is a rule {rule.Name} already: {known}";
        StandingRules next = _rules.Without(old => old.IsOver(Now)).With(rule);
        if (next.Rules.Count > StandingRules.Most)
            return $"there are {StandingRules.Most} rules already";
        next.Write(directories.Root);
        _rules = next;
        _uses.Remove(rule.Name);
        hasNew = true;
        log.RuleAdded(rule);
        return null;
    }

    private string? Remove(string name)
    {
        if (_rules.Find(name) is not { } rule)
            return $"there is no rule {PrintableText.Of(name)}";
        StandingRules next = _rules.Without(old => old.Name == name || old.IsOver(Now));
        // What the rule did must not be undone by a loss of power when nobody does it again.
        using (Microsoft.Win32.SafeHandles.SafeFileHandle queue = FileSystem.Open(directories.Root))
            FileSystem.FlushFileSystem(queue, directories.Root);
        next.Write(directories.Root);
        _rules = next;
        log.RuleRemoved(rule);
        return null;
    }

    /// <summary>The rule by which a message is to be diverted; null: it is delivered.</summary>
    /// <param name="queue">Where its file is.</param>
    /// <param name="entry">It.</param>
    /// <exception cref="IOException">It cannot be looked at: it must not be delivered now.</exception>
    internal StandingRule? Of(QueueName queue, in QueueEntry entry)
    {
        if (!HasAny)
            return null;
        long now = Now;
        if (_rules.Rules.All(rule => rule.IsOver(now)))
            return null;
        using QueuedMail? mail = QueuedMail.Open(directories, queue, entry, MailTime.Microseconds(clock), this);
        if (mail is null)
            throw new IOException($"{entry.Path}: cannot be looked at by the standing rules");
        foreach (StandingRule rule in _rules.Rules)
        {
            // The first that means it holds; what was redirected by it goes on its way.
            if (!rule.IsOver(now) && rule.Filter.Fits(mail))
                return rule.Action == RuleAction.Redirect && rule.Target == mail.Redirect ? null : rule;
        }
        return null;
    }

    /// <summary>A rule did what it says.</summary>
    internal void Used(StandingRule rule) => _uses[rule.Name] = _uses.GetValueOrDefault(rule.Name) + 1;

    void IRoutes.Prepare(IReadOnlyList<(string Sender, string Address)> pairs)
    {
    }

    MailRoute? IRoutes.RouteOf(string sender, string address)
    {
        Route route = routing.Of(address, sender);
        return new MailRoute(route.Transport, route.NextHop, routing.SiteOf(route.NextHop));
    }
}
