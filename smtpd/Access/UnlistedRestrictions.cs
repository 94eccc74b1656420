namespace PostfixNet.Smtpd;

/// <summary>Restrictions about addresses that nobody has: mail for them would be returned, to a sender who is often made up.</summary>
internal static class UnlistedRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("reject_unlisted_recipient", Recipient),
        new("reject_unlisted_sender", Sender),
    ];

    /// <summary>Of one recipient this is asked once.</summary>
    internal static ValueTask<Verdict> Recipient(Evaluation evaluation)
    {
        if (evaluation.Recipient is not { Length: > 0 } recipient || evaluation.IsRecipientChecked)
            return default;
        evaluation.IsRecipientChecked = !evaluation.IsWarning;
        return Check(evaluation, Subject.Recipient, recipient);
    }

    /// <summary>Of the sender, once after MAIL or, where that is put off, with each recipient.</summary>
    internal static ValueTask<Verdict> Sender(Evaluation evaluation)
    {
        if (evaluation.Session.Transaction is not { Sender: { Length: > 0 } sender, IsSenderChecked: false } transaction)
            return default;
        transaction.IsSenderChecked = !evaluation.IsWarning;
        return Check(evaluation, Subject.Sender, sender);
    }

    private static async ValueTask<Verdict> Check(Evaluation evaluation, string kind, string address)
    {
        if (evaluation.Options.TakesUnlisted)
            return Verdict.Undecided;
        Subject before = evaluation.Subject;
        evaluation.Subject = new Subject(kind, address);
        Unlisted? unlisted = await evaluation.Options.Lists.Find(evaluation.Services, address, isSender: kind == Subject.Sender);
        Verdict verdict = unlisted is null ? Verdict.Undecided : evaluation.RefuseSubject(unlisted.Code, unlisted.Status, unlisted.Why);
        evaluation.Subject = before;
        return verdict;
    }
}
