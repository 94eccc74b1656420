using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions about addresses: where mail is to go, and what they look like.</summary>
internal static class AddressRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("permit_auth_destination", static evaluation => evaluation.Recipient is { } recipient && IsAuthorized(evaluation, recipient) ? Verdict.Permitted : Verdict.Undecided),
        new("reject_unauth_destination", static evaluation => Unauthorized(evaluation, evaluation.Options.Codes.Relay)),
        new("defer_unauth_destination", static evaluation => Unauthorized(evaluation, evaluation.Options.Codes.Relay - 100)),
        new("reject_non_fqdn_sender", static evaluation => NotQualified(evaluation, Subject.Sender, evaluation.Session.Transaction?.Sender)),
        new("reject_non_fqdn_recipient", static evaluation => NotQualified(evaluation, Subject.Recipient, evaluation.Recipient)),
    ];

    /// <summary>The mail ends here, or at a domain that is relayed to.</summary>
    internal static bool IsAuthorized(Evaluation evaluation, string recipient)
    {
        Destination destination = evaluation.Services.Destinations.Resolve(recipient);
        return (!destination.IsRouted || evaluation.Options.TrustsRoutes) && (destination.IsFinal || destination.Class is DestinationClass.Relay or DestinationClass.Reports);
    }

    private static Verdict Unauthorized(Evaluation evaluation, int code) => evaluation.Recipient is not { } recipient || IsAuthorized(evaluation, recipient)
        ? Verdict.Undecided : evaluation.Refuse(code, "5.7.1", $"<{recipient}>: Relay access denied");

    private static Verdict NotQualified(Evaluation evaluation, string kind, string? address)
    {
        if (address is not { Length: > 0 })
            return Verdict.Undecided;
        string domain = Address.DomainOf(address);
        if (domain is ['[', .., ']'])
            return Verdict.Undecided;
        domain = HeloRestrictions.WithoutLastDot(domain);
        if (domain.Contains('.', StringComparison.Ordinal) && DomainName.IsMailDomain(domain))
            return Verdict.Undecided;
        Subject before = evaluation.Subject;
        evaluation.Subject = new Subject(kind, address);
        Verdict verdict = evaluation.RefuseSubject(evaluation.Options.Codes.NonFqdn, "5.5.2", "need fully-qualified address");
        evaluation.Subject = before;
        return verdict;
    }
}
