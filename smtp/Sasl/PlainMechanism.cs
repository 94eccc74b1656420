using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>PLAIN, RFC 4616: name and password in one message.</summary>
internal sealed class PlainMechanism(string user, string password) : Mechanism
{
    internal override byte[] InitialResponse => ByteText.Encode($"\0{user}\0{password}");

    internal override byte[] Respond(byte[] challenge) => throw new SaslException("unexpected challenge");
}

/// <summary>LOGIN, never standardized: the server asks for the name, then for the password; in which words is its affair.</summary>
internal sealed class LoginMechanism(string user, string password) : Mechanism
{
    private int _answers;

    internal override byte[] Respond(byte[] challenge) => ++_answers switch
    {
        1 => ByteText.Encode(user),
        2 => ByteText.Encode(password),
        _ => throw new SaslException("unexpected challenge"),
    };
}
