using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PostfixNet.Login;
using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>What the client says about channel binding (RFC 5802 section 6).</summary>
internal enum ScramBinding
{
    /// <summary>"n": this side cannot, or may not, bind.</summary>
    None,
    /// <summary>"y": this side could, but the server did not offer it. A server that did knows that somebody between took
    /// its offer away.</summary>
    NotOffered,
    /// <summary>"p": the login is bound to the server's certificate.</summary>
    ServerEndPoint,
}

/// <summary>SCRAM-SHA-1 and SCRAM-SHA-256, with and without -PLUS: RFC 5802, RFC 7677, RFC 5929. Both sides prove that they
/// know the password, and neither shows it.</summary>
/// <param name="binding">With <see cref="ScramBinding.ServerEndPoint"/>, <paramref name="endPoint"/> is used.</param>
/// <param name="endPoint">Hash of the server's certificate.</param>
/// <param name="nonce">Printable ASCII without a comma, different for each login.</param>
/// <remarks>The name is sent as configured; keys are made of the password as <see cref="PreparedText"/> has it.</remarks>
internal sealed class ScramMechanism(
    HashAlgorithmName hash, string user, string password, ScramBinding binding, byte[] endPoint, string nonce) : Mechanism
{
    /// <summary>About a second of computing: a server must not keep this process busy for longer.</summary>
    private const int MostIterations = 2_000_000;

    private readonly string _header = binding switch
    {
        ScramBinding.ServerEndPoint => "p=tls-server-end-point,,",
        ScramBinding.NotOffered => "y,,",
        _ => "n,,",
    };

    private byte[]? _serverSignature;
    private bool _serverIsVerified;

    internal override byte[] InitialResponse => ByteText.Encode(_header + FirstBare);

    private string FirstBare => $"n={Scram.Escape(user)},r={nonce}";

    internal override byte[] Respond(byte[] challenge)
    {
        string text = ByteText.Decode(challenge);
        if (_serverSignature is null)
            return FinalMessage(text);
        if (_serverIsVerified)
            throw new SaslException("unexpected challenge");
        Verify(text, _serverSignature);
        _serverIsVerified = true;
        return [];
    }

    internal override void Complete()
    {
        if (!_serverIsVerified)
            throw new SaslException("the server did not prove that it knows the password");
    }

    private byte[] FinalMessage(string serverFirst)
    {
        string[] fields = serverFirst.Split(',');
        // An extension in front would begin with "m=", and says that whoever does not know it must give up.
        if (fields.Length < 3 || Scram.Value(fields[0], 'r') is not { } fullNonce || Scram.Value(fields[1], 's') is not { } saltText
            || Scram.Value(fields[2], 'i') is not { } iterationText)
            throw new SaslException("challenge not understood");
        if (!fullNonce.StartsWith(nonce, StringComparison.Ordinal) || fullNonce.Length == nonce.Length)
            throw new SaslException("the server's nonce does not continue ours");
        byte[] salt = Bytes(saltText);
        if (salt.Length == 0)
            throw new SaslException("challenge not understood");
        if (!int.TryParse(iterationText, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            || iterations is < Scram.FewestIterations or > MostIterations)
            throw new SaslException(string.Create(CultureInfo.InvariantCulture,
                $"iteration count not between {Scram.FewestIterations} and {MostIterations}"));

        byte[] header = ByteText.Encode(_header);
        byte[] bound = binding == ScramBinding.ServerEndPoint ? [.. header, .. endPoint] : header;
        string withoutProof = $"c={Convert.ToBase64String(bound)},r={fullNonce}";
        byte[] signed = ByteText.Encode($"{FirstBare},{serverFirst},{withoutProof}");

        byte[] salted = Scram.SaltedPassword(hash, password, salt, iterations);
        byte[] clientKey = Scram.ClientKey(hash, salted);
        byte[] proof = Scram.Xor(clientKey, Scram.Sign(hash, Scram.Hash(hash, clientKey), signed));
        _serverSignature = Scram.Sign(hash, Scram.ServerKey(hash, salted), signed);
        return ByteText.Encode($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    private static void Verify(string serverFinal, byte[] signature)
    {
        string field = serverFinal.Split(',')[0];
        if (Scram.Value(field, 'e') is { } error)
            throw new SaslException($"the server reports: {SmtpReplyParser.Printable(Encoding.UTF8.GetBytes(error))}");
        if (Scram.Value(field, 'v') is not { } verifier)
            throw new SaslException("challenge not understood");
        if (!CryptographicOperations.FixedTimeEquals(Bytes(verifier), signature))
            throw new SaslException("wrong server signature: the server does not know the password");
    }

    private static byte[] Bytes(string base64) => Base64Line.TryDecode(base64) ?? throw new SaslException("challenge not understood");
}
