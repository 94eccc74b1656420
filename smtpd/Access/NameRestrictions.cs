using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions that ask the DNS whether a name is there.</summary>
internal static class NameRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("reject_unknown_client_hostname", static evaluation => evaluation.Session.Client is { Name: ClientInfo.Unknown } client
            ? Client(evaluation, client.IsNameTemporary, "4.7.25", "cannot find your hostname") : Verdict.Undecided),
        new("reject_unknown_reverse_client_hostname", static evaluation => evaluation.Session.Client is { ReverseName: ClientInfo.Unknown } client
            ? Client(evaluation, client.IsReverseNameTemporary, "4.7.1", "cannot find your reverse hostname") : Verdict.Undecided),
        new("reject_unknown_helo_hostname", Helo),
        new("reject_unknown_sender_domain", static evaluation => evaluation.Session.Transaction is { Sender.Length: > 0 } transaction
            ? Domain(evaluation, Subject.Sender, transaction.Sender) : default),
        new("reject_unknown_recipient_domain", static evaluation => evaluation.Recipient is { } recipient ? Domain(evaluation, Subject.Recipient, recipient) : default),
    ];

    private static Verdict Client(Evaluation evaluation, bool isTemporary, string status, string why) => evaluation.Refuse(
        isTemporary ? 450 : evaluation.Options.Codes.UnknownClient, status, $"Client host rejected: {why}, [{evaluation.Session.Client.AddressText}]");

    private static async ValueTask<Verdict> Helo(Evaluation evaluation)
    {
        if (evaluation.Session.Helo is not { } name)
            return Verdict.Undecided;
        Subject before = evaluation.Subject;
        evaluation.Subject = new Subject(Subject.Helo, name);
        Verdict verdict = Verdict.Undecided;
        if (name.StartsWith('['))
            verdict = HeloRestrictions.Literal(evaluation, name);
        // A name of a host need not take mail.
        else if (await Find(evaluation, name) is var found and not (Existence.Yes or Existence.TakesNoMail))
            verdict = Missing(evaluation, found, evaluation.Options.Codes.UnknownHelo, "4.7.1", "Host not found", evaluation.Options.DefersUnknownHelo);
        evaluation.Subject = before;
        return verdict;
    }

    private static async ValueTask<Verdict> Domain(Evaluation evaluation, string kind, string address)
    {
        Destination destination = evaluation.Services.Destinations.Resolve(address);
        string domain = Address.DomainOf(destination.Address);
        if (destination.IsFinal || domain is ['[', .., ']'])
            return Verdict.Undecided;
        Existence found = await Find(evaluation, domain);
        if (found == Existence.Yes)
            return Verdict.Undecided;
        Subject before = evaluation.Subject;
        evaluation.Subject = new Subject(kind, address);
        bool isSender = kind == Subject.Sender;
        Verdict verdict = found == Existence.TakesNoMail
            // RFC 7505 section 4.
            ? evaluation.RefuseSubject(isSender ? 550 : 556, isSender ? "5.7.27" : "5.1.10", $"Domain {domain} does not accept mail (nullMX)")
            : Missing(evaluation, found, evaluation.Options.Codes.UnknownAddress, isSender ? "4.1.8" : "4.1.2", "Domain not found", evaluation.Options.DefersUnknownAddress);
        evaluation.Subject = before;
        return verdict;
    }

    private static Verdict Missing(Evaluation evaluation, Existence found, int code, string status, string why, bool defers) =>
        found == Existence.No ? evaluation.RefuseSubject(code, status, why)
        : defers ? evaluation.RefuseSubject(450, status, why) : evaluation.Defer(450, status, why);

    private enum Existence
    {
        No,
        Yes,
        TakesNoMail,
        NotKnownNow,
    }

    private static async ValueTask<Existence> Find(Evaluation evaluation, string name)
    {
        if (DomainName.ToAscii(name) is not { } ascii)
            return Existence.No;
        IReadOnlyList<DnsReply> replies = await evaluation.Services.Names.Ask(ascii, DnsType.Mx, DnsType.A, DnsType.Aaaa);
        if (replies[0].Records is [MxRecord { IsNullMx: true }])
            return Existence.TakesNoMail;
        if (replies.Any(static reply => reply.Status == DnsStatus.Ok))
            return Existence.Yes;
        return replies.Any(static reply => reply.Status is DnsStatus.TryAgain or DnsStatus.Refused or DnsStatus.Loop) ? Existence.NotKnownNow : Existence.No;
    }
}
