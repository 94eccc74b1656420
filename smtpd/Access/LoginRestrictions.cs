using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions about who may use a sender address: smtpd_sender_login_maps.</summary>
internal static class LoginRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("reject_authenticated_sender_login_mismatch", static evaluation => Owned(evaluation, ofAnyAddress: true)),
        new("reject_known_sender_login_mismatch", static evaluation => evaluation.Session.Login is null ? NotLoggedIn(evaluation) : Owned(evaluation, ofAnyAddress: false)),
        new("reject_sender_login_mismatch", static evaluation => evaluation.Session.Login is null ? NotLoggedIn(evaluation) : Owned(evaluation, ofAnyAddress: true)),
        new("reject_unauthenticated_sender_login_mismatch", NotLoggedIn),
    ];

    // Of one who has logged in; an address that nobody owns is not his either.
    private static async ValueTask<Verdict> Owned(Evaluation evaluation, bool ofAnyAddress)
    {
        if (evaluation.Session is not { Login: { } login, Transaction: { Sender: { Length: > 0 } sender } } || evaluation.Options.SenderLogins is not { } logins)
            return Verdict.Undecided;
        string? owners = await OwnersOf(evaluation, logins, sender);
        if (owners is null ? !ofAnyAddress : owners.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Contains(login.User, StringComparer.OrdinalIgnoreCase))
            return Verdict.Undecided;
        return evaluation.Refuse(553, "5.7.1", $"<{sender}>: Sender address rejected: not owned by user {login.User}");
    }

    private static async ValueTask<Verdict> NotLoggedIn(Evaluation evaluation)
    {
        if (evaluation.Session is not { Login: null, Transaction: { Sender: { Length: > 0 } sender } } || evaluation.Options.SenderLogins is not { } logins
            || await OwnersOf(evaluation, logins, sender) is null)
            return Verdict.Undecided;
        return evaluation.Refuse(553, "5.7.1", $"<{sender}>: Sender address rejected: not logged in");
    }

    private static async ValueTask<string?> OwnersOf(Evaluation evaluation, AddressLookup logins, string sender)
    {
        string address = evaluation.Services.Destinations.Resolve(sender).Address;
        return (await evaluation.Services.Ask(evaluation.Options.SenderLoginMaps, () => logins.Find(address)))?.Value;
    }
}
