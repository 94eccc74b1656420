namespace PostfixNet.Smtp.Sasl;

/// <summary>A login cannot go on: the server's challenge makes no sense, the server is not who it says, or there is no
/// token. The message never holds a secret.</summary>
internal sealed class SaslException(string message) : Exception(message);

/// <summary>The client's side of one login with one SASL mechanism (RFC 4422).</summary>
internal abstract class Mechanism
{
    /// <summary>What is sent with the AUTH command; null: the server speaks first.</summary>
    internal virtual byte[]? InitialResponse => null;

    /// <summary>A challenge after the initial response says why the login failed, and is answered only to hear the final reply.</summary>
    internal virtual bool ChallengeTellsFailure => false;

    /// <summary>The response to a challenge, both without base64.</summary>
    /// <exception cref="SaslException">The challenge cannot be answered.</exception>
    internal abstract byte[] Respond(byte[] challenge);

    /// <summary>The server says that the login succeeded.</summary>
    /// <exception cref="SaslException">It has not proved that it knows the password, as the mechanism demands.</exception>
    internal virtual void Complete()
    {
    }
}
