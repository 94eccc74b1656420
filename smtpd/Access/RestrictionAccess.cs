using PostfixNet.Tables;

namespace PostfixNet.Smtpd;

/// <summary>Decides by the lists of restrictions in main.toml.</summary>
internal sealed class RestrictionAccess(AccessOptions options, AccessServices services) : IAccess
{
    public ValueTask<Reply?> Connect(Session session, string stage) => options.DelaysReject ? default : Decide(Ask(session, stage, null), Client);

    public ValueTask<Reply?> Helo(Session session, string command) => options.DelaysReject ? default : Decide(Ask(session, command, null), Helo);

    public ValueTask<Reply?> Sender(Session session) => options.DelaysReject ? default : Decide(Ask(session, "MAIL", null), Sender);

    // RFC 5321 section 4.5.1: who asks for the postmaster, and no domain, is heard.
    public ValueTask<Reply?> Recipient(Session session, string recipient) =>
        recipient.Equals("postmaster", StringComparison.OrdinalIgnoreCase) ? default : Decide(Ask(session, "RCPT", recipient), Recipient);

    public ValueTask<Reply?> Data(Session session, string command) =>
        Decide(Ask(session, command, OnlyRecipient(session)), static evaluation => Last(evaluation, evaluation.Options.Data, new Subject(Subject.Data, "DATA")));

    public ValueTask<Reply?> EndOfData(Session session, long size) => Decide(new Evaluation(services, options, session, "END-OF-MESSAGE", OnlyRecipient(session)) { Size = size },
        static evaluation => Last(evaluation, evaluation.Options.EndOfData, new Subject(Subject.EndOfData, "END-OF-MESSAGE")));

    private Evaluation Ask(Session session, string stage, string? recipient) => new(services, options, session, stage, recipient);

    // What holds for all recipients is not told of one.
    private static string? OnlyRecipient(Session session) => session.Transaction?.Recipients is [var only] ? only.Address : null;

    private static async ValueTask<Reply?> Decide(Evaluation evaluation, Func<Evaluation, ValueTask<Verdict>> question)
    {
        try
        {
            return await question(evaluation) == Verdict.Refused ? evaluation.Refusal : null;
        }
        catch (LookupException e)
        {
            evaluation.Services.Log.Warning(e.Message);
            _ = evaluation.RefuseForTrouble("4.3.0", $"<{evaluation.Subject.Name}>: Temporary lookup failure");
            return evaluation.Refusal;
        }
    }

    private static async ValueTask<Verdict> Client(Evaluation evaluation)
    {
        Verdict verdict = await Apply(evaluation, evaluation.Options.Client, new Subject(Subject.Client, evaluation.Services.Log.Name(evaluation.Session)));
        evaluation.Session.DeferAfterClient = evaluation.DeferIfPermit;
        return verdict;
    }

    private static async ValueTask<Verdict> Helo(Evaluation evaluation)
    {
        evaluation.DeferIfPermit = evaluation.Session.DeferAfterClient;
        Verdict verdict = evaluation.Session.Helo is { } name ? await Apply(evaluation, evaluation.Options.Helo, new Subject(Subject.Helo, name)) : Verdict.Undecided;
        evaluation.Session.DeferAfterHelo = evaluation.DeferIfPermit;
        return verdict;
    }

    private static async ValueTask<Verdict> Sender(Evaluation evaluation)
    {
        evaluation.DeferIfPermit = evaluation.Session.DeferAfterHelo;
        Transaction transaction = evaluation.Session.Transaction!;
        transaction.IsSenderChecked = false;
        Verdict verdict = await Apply(evaluation, evaluation.Options.Sender, new Subject(Subject.Sender, transaction.Sender));
        transaction.DeferAfterSender = evaluation.DeferIfPermit;
        return verdict != Verdict.Refused && evaluation.Options.RejectsUnlistedSender && !transaction.IsDiscarded ? await UnlistedRestrictions.Sender(evaluation) : verdict;
    }

    private static async ValueTask<Verdict> Recipient(Evaluation evaluation)
    {
        if (evaluation.Options.DelaysReject && (await Client(evaluation) == Verdict.Refused || await Helo(evaluation) == Verdict.Refused || await Sender(evaluation) == Verdict.Refused))
            return Verdict.Refused;
        evaluation.DeferIfPermit = evaluation.Session.Transaction!.DeferAfterSender;
        Subject subject = new(Subject.Recipient, evaluation.Recipient!);
        (RestrictionList first, RestrictionList second) = evaluation.Options.IsRelayFirst
            ? (evaluation.Options.Relay, evaluation.Options.Recipient) : (evaluation.Options.Recipient, evaluation.Options.Relay);
        if (await Apply(evaluation, first, subject) == Verdict.Refused)
            return Verdict.Refused;
        if (await second.Apply(evaluation) == Verdict.Refused || PutOff(evaluation) == Verdict.Refused)
            return Verdict.Refused;
        return evaluation.Options.RejectsUnlistedRecipient && evaluation.Session.Transaction is not { IsDiscarded: true }
            ? await UnlistedRestrictions.Recipient(evaluation) : Verdict.Undecided;
    }

    private static async ValueTask<Verdict> Last(Evaluation evaluation, RestrictionList list, Subject subject) =>
        await Apply(evaluation, list, subject) == Verdict.Refused ? Verdict.Refused : PutOff(evaluation);

    private static ValueTask<Verdict> Apply(Evaluation evaluation, RestrictionList list, Subject subject)
    {
        evaluation.Subject = subject;
        evaluation.DeferIfReject = null;
        return list.Apply(evaluation);
    }

    private static Verdict PutOff(Evaluation evaluation) => evaluation.DeferIfPermit is { } deferral ? evaluation.Refuse(deferral) : Verdict.Undecided;
}
