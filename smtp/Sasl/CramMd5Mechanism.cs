using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>CRAM-MD5, RFC 2195: the server sees a keyed hash of its challenge.</summary>
internal sealed class CramMd5Mechanism(string user, string password) : Mechanism
{
    private bool _answered;

    [SuppressMessage("Security", "CA5351", Justification = "The mechanism is defined so.")]
    internal override byte[] Respond(byte[] challenge)
    {
        if (_answered || challenge.Length == 0)
            throw new SaslException("unexpected challenge");
        _answered = true;
        byte[] digest = HMACMD5.HashData(ByteText.Encode(password), challenge);
        return ByteText.Encode($"{user} {Convert.ToHexStringLower(digest)}");
    }
}
