using System.Net.Sockets;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions about what the client calls itself.</summary>
internal static class HeloRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("reject_invalid_helo_hostname", static evaluation => WithName(evaluation, Invalid)),
        new("reject_non_fqdn_helo_hostname", static evaluation => WithName(evaluation, NotQualified)),
    ];

    // Where it stands in another list, it is that list's subject that is refused.
    private static Verdict WithName(Evaluation evaluation, Func<Evaluation, string, Verdict> check)
    {
        if (evaluation.Session.Helo is not { } name)
            return Verdict.Undecided;
        Subject before = evaluation.Subject;
        evaluation.Subject = new Subject(Subject.Helo, name);
        Verdict verdict = name.StartsWith('[') ? Literal(evaluation, name) : check(evaluation, WithoutLastDot(name));
        evaluation.Subject = before;
        return verdict;
    }

    // RFC 5321 section 4.1.3.
    internal static Verdict Literal(Evaluation evaluation, string name) => Address.IsDomainLiteral(name, out string inside) && HostAndPort.AddressIn(inside) is { } address
        && address.AddressFamily == AddressFamily.InterNetworkV6 == name.StartsWith("[IPv6:", StringComparison.OrdinalIgnoreCase)
        ? Verdict.Undecided : evaluation.RefuseSubject(evaluation.Options.Codes.InvalidHostname, "5.5.2", "invalid ip address");

    private static Verdict Invalid(Evaluation evaluation, string name) => DomainName.IsMailDomain(name) || HostAndPort.AddressIn(name) is not null
        ? Verdict.Undecided : evaluation.RefuseSubject(evaluation.Options.Codes.InvalidHostname, "5.5.2", "Invalid name");

    private static Verdict NotQualified(Evaluation evaluation, string name) => DomainName.IsMailDomain(name) && name.Contains('.', StringComparison.Ordinal)
        ? Verdict.Undecided : evaluation.RefuseSubject(evaluation.Options.Codes.NonFqdn, "5.5.2", "need fully-qualified hostname");

    internal static string WithoutLastDot(string name) => name is [.., not '.', '.'] ? name[..^1] : name;
}
