using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Selection;

/// <summary>What <c>postsuper rule</c> asks of the queue manager, on <see cref="WaitQuestion.Path"/>.</summary>
public abstract record RuleRequest
{
    private const string What = "rule_request", ListWord = "list", AddWord = "add", RemoveWord = "remove", GiveBackWord = "give_back", NameName = "name", IdsName = "ids";

    private RuleRequest() { }

    /// <summary>Which rules there are. This and the others are answered by a <see cref="RuleReply"/>.</summary>
    public sealed record List : RuleRequest;

    /// <summary>One more, after all others.</summary>
    public sealed record Add(StandingRule Rule) : RuleRequest;

    /// <summary>One less.</summary>
    public sealed record Remove(string Name) : RuleRequest;

    /// <summary>No rule: messages that are to be changed, and that no agent has, go from active to deferred, soon after the reply.</summary>
    public sealed record GiveBack(IReadOnlyList<string> Ids) : RuleRequest;

    /// <summary>Whether a message is one.</summary>
    public static bool Is(AttributeList list) => list.Has(What);

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => this switch
    {
        Add add => RuleReply.Write(add.Rule, new AttributeList().Add(What, AddWord)),
        GiveBack give => new AttributeList().Add(What, GiveBackWord).Add(IdsName, string.Join(' ', give.Ids)),
        Remove remove => new AttributeList().Add(What, RemoveWord).Add(NameName, remove.Name),
        _ => new AttributeList().Add(What, ListWord),
    };

    /// <exception cref="IpcException">Malformed.</exception>
    public static RuleRequest From(AttributeList list) => list.Text(What) switch
    {
        ListWord => new List(),
        AddWord => new Add(RuleReply.Read(list)),
        RemoveWord => new Remove(list.Text(NameName)),
        GiveBackWord => new GiveBack(list.Text(IdsName).Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        _ => throw new IpcException("unknown request about rules"),
    };
}

/// <summary>A rule, and how often it was used since the queue manager started.</summary>
public sealed record RuleUse(StandingRule Rule, long Count);

/// <summary>The answer: what it was asked is done, and on stable storage, or is not.</summary>
/// <param name="Refusal">Why it is not done; null: it is.</param>
/// <param name="Rules">All there are now.</param>
public sealed record RuleReply(string? Refusal, IReadOnlyList<RuleUse> Rules)
{
    private const string RefusalName = "refusal", RulesName = "rules", NameName = "name", ActionName = "action", TargetName = "target", FilterName = "filter",
        SinceName = "since", ExpiresName = "expires", CountName = "count";

    /// <summary>For the line to who asked.</summary>
    public AttributeList ToAttributes() => new AttributeList().AddOptional(RefusalName, Refusal)
        .Add(RulesName, [.. Rules.Select(static use => Write(use.Rule, new AttributeList()).Add(CountName, use.Count))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static RuleReply From(AttributeList list) => new(list.OptionalText(RefusalName),
        [.. list.Lists(RulesName).Select(static rule => new RuleUse(Read(rule), rule.Number(CountName, 0)))]);

    internal static AttributeList Write(StandingRule rule, AttributeList list) => list.Add(NameName, rule.Name).Add(ActionName, rule.ActionWord).Add(TargetName, rule.Target)
        .Add(FilterName, rule.Filter.Text).Add(SinceName, rule.Since).Add(ExpiresName, rule.Expires);

    internal static StandingRule Read(AttributeList list)
    {
        try
        {
            return StandingRule.Of(list.Text(NameName), list.Text(ActionName), list.Text(TargetName), list.Text(FilterName), list.Number(SinceName), list.Number(ExpiresName));
        }
        catch (FormatException e)
        {
            throw new IpcException(e.Message, e);
        }
    }
}
