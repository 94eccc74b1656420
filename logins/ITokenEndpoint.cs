using PostfixNet.Configuration;

namespace PostfixNet.Logins;

/// <summary>An authorization server, as one request sees it.</summary>
internal interface ITokenEndpoint
{
    /// <summary>Asks for a token. What is awaited goes on in the loop.</summary>
    /// <param name="refresh">The refresh token; null: by client credentials.</param>
    /// <exception cref="TokenException">There is none.</exception>
    public ValueTask<GivenToken> Ask(OAuthRule rule, string? clientSecret, string? refresh);
}

/// <summary>An answer of RFC 6749 section 5.1. Not a record: those print what they hold.</summary>
/// <param name="lifetime">Seconds.</param>
/// <param name="refresh">null: the one that was sent goes on to count.</param>
internal sealed class GivenToken(string access, long lifetime, string? refresh)
{
    internal string Access => access;
    internal long Lifetime => lifetime;
    internal string? Refresh => refresh;
}

/// <summary>There is no token; the message says why in one line, and holds no secret.</summary>
/// <param name="isFinal">The server has refused: somebody has to do something about it.</param>
internal sealed class TokenException(string reason, bool isFinal) : Exception(reason)
{
    internal bool IsFinal => isFinal;
}
