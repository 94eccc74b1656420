using PostfixNet.Ipc;
using PostfixNet.Logins;

namespace PostfixNet.Smtp.Sasl;

/// <summary>The service logins, which fetches tokens of OAuth 2.0 for all processes; so this program speaks no HTTP.</summary>
/// <param name="name">Of a table [oauth."NAME"].</param>
/// <param name="ask">Asks it.</param>
internal sealed class TokenService(string name, Func<TokenQuestion, TokenAnswer> ask) : TokenSource
{
    private string _last = "";

    // After a refusal, until it is used.
    private string? _fresh;

    internal override string Get(Action breathe)
    {
        string token = _fresh ?? Ask("") ?? throw new SaslException($"no token {name}");
        _fresh = null;
        return _last = token;
    }

    internal override bool Refused()
    {
        try
        {
            _fresh = Ask(TokenQuestion.HashOf(_last));
            return _fresh is not null;
        }
        catch (SaslException)
        {
            // The server's words tell more than that there is no other one.
            return false;
        }
    }

    private string? Ask(string refused)
    {
        try
        {
            TokenAnswer answer = ask(new TokenQuestion(name, refused));
            return answer.Trouble is { } trouble ? throw new SaslException(trouble) : answer.Token;
        }
        catch (IpcException e)
        {
            throw new SaslException($"no token {name}: {e.Message}");
        }
    }
}
