using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>XOAUTH2 of Google and Microsoft: a bearer token (RFC 6750) instead of a password.</summary>
internal sealed class XOAuth2Mechanism(string user, string token) : Mechanism
{
    internal override byte[] InitialResponse => ByteText.Encode($"user={user}\u0001auth=Bearer {token}\u0001\u0001");

    internal override bool ChallengeTellsFailure => true;

    /// <summary>A challenge is a description of the error; an empty response brings the final reply.</summary>
    internal override byte[] Respond(byte[] challenge) => [];
}

/// <summary>OAUTHBEARER, RFC 7628.</summary>
/// <param name="port">0: left out.</param>
internal sealed class OAuthBearerMechanism(string user, string token, string host, int port) : Mechanism
{
    internal override byte[] InitialResponse
    {
        get
        {
            string name = user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
            string portField = port == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"port={port}\u0001");
            return ByteText.Encode($"n,a={name},\u0001host={host}\u0001{portField}auth=Bearer {token}\u0001\u0001");
        }
    }

    internal override bool ChallengeTellsFailure => true;

    /// <summary>RFC 7628 section 3.2.3: a challenge is a description of the error, and a lone control-A brings the final reply.</summary>
    internal override byte[] Respond(byte[] challenge) => [1];
}
