using PostfixNet.Tables;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions that look something up in a table: check_client_access and its like.</summary>
internal static class TableRestrictions
{
    /// <summary>What each looks up.</summary>
    internal static readonly Dictionary<string, Func<Evaluation, AccessTable, ValueTask<Verdict>>> All = new(StringComparer.Ordinal)
    {
        ["check_client_access"] = static (evaluation, table) => Decide(evaluation, table, () => table.OfHost(evaluation.Session.Client.Name, evaluation.Session.Client.AddressOrLoopback),
            new Subject(Subject.Client, evaluation.Services.Log.Name(evaluation.Session))),
        ["check_reverse_client_hostname_access"] = static (evaluation, table) => Decide(evaluation, table,
            () => table.OfHost(evaluation.Session.Client.ReverseName, evaluation.Session.Client.AddressOrLoopback), new Subject(Subject.ReverseClient, evaluation.Session.Client.ReverseName)),
        ["check_helo_access"] = static (evaluation, table) => evaluation.Session.Helo is { } name
            ? Decide(evaluation, table, () => table.OfDomain(name), new Subject(Subject.Helo, name)) : default,
        ["check_sender_access"] = static (evaluation, table) => Sender(evaluation, table),
        ["check_recipient_access"] = static (evaluation, table) => evaluation.Recipient is { } recipient ? Recipient(evaluation, table, recipient) : default,
        ["check_sasl_access"] = static (evaluation, table) => evaluation.Session.Login is { User: { Length: > 0 } user }
            ? Decide(evaluation, table, () => table.Find(user), new Subject(Subject.Login, user)) : default,
        ["check_ccert_access"] = static (evaluation, table) => evaluation.Session.Tls is { Fingerprint.Length: > 0 } tls
            ? Decide(evaluation, table, () => table.Find(tls.Fingerprint) ?? table.Find(tls.KeyFingerprint), new Subject(Subject.Certificate, tls.Subject)) : default,
    };

    private static ValueTask<Verdict> Sender(Evaluation evaluation, AccessTable table)
    {
        if (evaluation.Session.Transaction is not { } transaction)
            return default;
        string sender = transaction.Sender, address = sender.Length == 0 ? "" : evaluation.Services.Destinations.Resolve(sender).Address;
        return Decide(evaluation, table, () => sender.Length == 0 ? table.Find(evaluation.Options.NullSenderKey) : table.OfMailAddress(address),
            new Subject(Subject.Sender, sender));
    }

    private static async ValueTask<Verdict> Recipient(Evaluation evaluation, AccessTable table, string recipient)
    {
        Destination destination = evaluation.Services.Destinations.Resolve(recipient);
        Verdict verdict = await Decide(evaluation, table, () => table.OfMailAddress(destination.Address), new Subject(Subject.Recipient, recipient));
        // Where such an address leads is not certain, so nothing permits it.
        return verdict == Verdict.Permitted && destination.IsRouted && !evaluation.Options.TrustsRoutes ? Verdict.Undecided : verdict;
    }

    private static async ValueTask<Verdict> Decide(Evaluation evaluation, AccessTable table, Func<string?> find, Subject subject)
    {
        Subject before = evaluation.Subject;
        evaluation.Subject = subject;
        try
        {
            return await evaluation.Services.Ask(table.Table, find) is { } action ? await AccessAction.Apply(evaluation, action, table.Name) : Verdict.Undecided;
        }
        catch (LookupException e)
        {
            evaluation.Services.Log.Warning(e.Message);
            return evaluation.RefuseForTrouble("4.3.5", $"{subject} rejected: Server configuration error");
        }
        finally
        {
            evaluation.Subject = before;
        }
    }
}
