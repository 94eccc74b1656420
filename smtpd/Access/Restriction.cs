namespace PostfixNet.Smtpd;

/// <summary>One restriction of a list.</summary>
/// <param name="Name">As main.toml has it.</param>
/// <param name="Apply">Asks it.</param>
internal sealed record Restriction(string Name, Func<Evaluation, ValueTask<Verdict>> Apply)
{
    internal Restriction(string name, Func<Evaluation, Verdict> apply) : this(name, evaluation => new ValueTask<Verdict>(apply(evaluation)))
    {
    }

    /// <summary>The same, which only warns.</summary>
    internal Restriction Warning() => new($"warn_if_reject {Name}", async evaluation =>
    {
        bool before = evaluation.IsWarning;
        evaluation.IsWarning = true;
        Verdict verdict = await Apply(evaluation);
        evaluation.IsWarning = before;
        return verdict;
    });
}

/// <summary>Restrictions in their order: the first that decides does.</summary>
internal sealed class RestrictionList(IReadOnlyList<Restriction> restrictions)
{
    private const int MostDepth = 100;

    internal static readonly RestrictionList Empty = new([]);

    internal IReadOnlyList<Restriction> Restrictions => restrictions;

    internal async ValueTask<Verdict> Apply(Evaluation evaluation)
    {
        // A class that names itself, by way of a table.
        if (evaluation.Depth >= MostDepth)
            return evaluation.RefuseForConfiguration();
        evaluation.Depth++;
        Verdict verdict = Verdict.Undecided;
        foreach (Restriction restriction in restrictions)
        {
            if (evaluation.Session.Transaction is { IsDiscarded: true })
                break;
            verdict = await restriction.Apply(evaluation);
            // Whatever the rest says, it would be put off.
            if (verdict != Verdict.Undecided || (evaluation.DeferIfReject is not null && evaluation.DeferIfPermit is not null))
                break;
        }
        evaluation.Depth--;
        return verdict;
    }
}
