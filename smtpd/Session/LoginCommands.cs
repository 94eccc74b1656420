using System.Net;
using System.Text;
using PostfixNet.Login;

namespace PostfixNet.Smtpd;

/// <summary>AUTH: RFC 4954.</summary>
internal sealed class LoginCommands(Surroundings surroundings, Session session)
{
    private SmtpdOptions Options => surroundings.Options;

    private Chat Chat => session.Chat;

    /// <summary>What EHLO announces; empty: nothing.</summary>
    internal async ValueTask<IReadOnlyList<string>> Mechanisms() =>
        surroundings.Logins is { } logins && IsAllowed && !Options.WithoutLogin.Contains(session.Client.Name, session.Client.Address) ? await logins.MechanismsAsync(Client) : [];

    // A password that goes over a network in the clear is nobody's secret any more.
    private bool IsAllowed => session.Tls is not null
        || (!Options.NeedsTlsForLogin && (session.Client.Address is null || IPAddress.IsLoopback(session.Client.Address)));

    /// <summary>RFC 4954 section 4 and RFC 3207 section 4 have no other code for "not now".</summary>
    internal static readonly Reply TryLater = new(454, "4.3.0", "Try again later");

    internal async ValueTask<Reply> Auth(CommandLine line)
    {
        if (surroundings.Logins is not { } logins || !session.IsExtended || !Options.Offers("AUTH"))
            return new Reply(503, "5.5.1", "Error: authentication not enabled");
        if (session.Transaction is not null)
            return new Reply(503, "5.5.1", "Error: MAIL transaction in progress");
        if (session.Milters?.Standing is { } standing)
            return standing.Code >= 500 ? standing : TryLater;
        if (session.Login is not null)
            return new Reply(503, "5.5.1", "Error: already authenticated");
        if (!IsAllowed)
            return new Reply(538, "5.7.11", "Encryption required for requested authentication mechanism");
        string[] words = line.Argument.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (1 or 2))
            return new Reply(501, "5.5.4", "Syntax: AUTH mechanism");
        if (await surroundings.Events.Login(session) is { } tooMany)
            return tooMany;
        string mechanism = words[0].ToUpperInvariant();
        using LoginExchange? exchange = await logins.BeginAsync(mechanism, Client);
        if (exchange is null)
            return await Failed(new LoginStep.Failed("Invalid authentication mechanism") { Explanation = "Invalid authentication mechanism" }, mechanism);
        byte[]? response = null;
        if (words.Length == 2 && (response = words[1] == "=" ? [] : Base64Line.TryDecode(words[1])) is null)
            return new Reply(501, "5.5.2", "Error: malformed authentication response");
        while (true)
        {
            switch (await exchange.StepAsync(response))
            {
                case LoginStep.Done done:
                    session.Login = new LoginInfo(mechanism, done.User);
                    return new Reply(235, "2.7.0", "Authentication successful");
                case LoginStep.Failed failed:
                    return await Failed(failed, mechanism);
                case LoginStep.Challenge challenge:
                    Chat.Say(new Reply(334, "", Convert.ToBase64String(challenge.Octets)));
                    break;
            }
            if (await Chat.ReadLine(Options.LoginLineLimit) is not { } answer)
                throw new ClientGoneException(isTimeout: false);
            if (answer.IsTooLong)
                return new Reply(500, "5.5.6", "Authentication exchange line is too long") { IsLast = !answer.HasEnd };
            string text = Encoding.Latin1.GetString(answer.Octets);
            if (text == "*")
                return new Reply(501, "5.7.0", "Authentication aborted");
            if ((response = Base64Line.TryDecode(text)) is null)
                return new Reply(501, "5.5.2", "Error: malformed authentication response");
        }
    }

    // Guessing is slow, however many connections to this process it is done over; over all processes smtpd_client_auth_rate_limit counts.
    private async ValueTask<Reply> Failed(LoginStep.Failed failed, string mechanism)
    {
        surroundings.Log.LoginFailed(session, mechanism, failed.Reason, failed.User);
        if (failed.IsTemporary)
            return new Reply(454, "4.7.0", $"Temporary authentication failure: {failed.Reason}") { IsOurTrouble = true };
        await surroundings.Loop.Pause(surroundings.Failures.DelayOf(session.Client));
        // The reason is for the log: whoever guesses is not told whom there is.
        return new Reply(535, "5.7.8", $"Error: authentication failed: {(failed.Explanation.Length > 0 ? failed.Explanation : "authentication failure")}");
    }

    private LoginClient Client => new()
    {
        ClientAddress = session.Client.AddressText,
        ServerAddress = session.Client.Server?.Address.ToString() ?? "",
        IsEncrypted = session.Tls is not null,
        ServerEndPoint = session.Tls?.ServerEndPoint,
    };
}
