using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>The server's side of one login with one SASL mechanism (RFC 4422). One step at a time; after Done or Failed there is none.</summary>
/// <remarks>That the client cancels with "*" is the caller's affair, who then lets go of the exchange.</remarks>
public abstract class LoginExchange : IDisposable
{
    /// <summary>RFC 4954 section 4: longest line of an exchange, with CR LF.</summary>
    public const int MostLineOctets = 12288;

    // What so long a line holds, without its base64.
    private const int MostOctets = MostLineOctets / 4 * 3;

    /// <summary>Takes what the client said.</summary>
    /// <param name="response">Without base64. In the first step the initial response; null: the AUTH command had none.</param>
    public ValueTask<LoginStep> StepAsync(byte[]? response) => response?.Length > MostOctets
        ? new(new LoginStep.Failed("a response that is too long") { IsMalformed = true }) : NextAsync(response);

    private protected abstract ValueTask<LoginStep> NextAsync(byte[]? response);

    /// <summary>Nothing more follows, whatever became of it.</summary>
    public void Dispose()
    {
        LetGo();
        GC.SuppressFinalize(this);
    }

    private protected virtual void LetGo()
    {
    }

    private protected static LoginStep.Challenge Ask(string text) => new(ByteText.Encode(text));

    private protected static LoginStep.Failed Malformed(string mechanism) => new($"malformed {mechanism} response") { IsMalformed = true };
}
