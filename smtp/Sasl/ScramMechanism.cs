using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
/// <remarks>Names and passwords are sent as configured: SASLprep (RFC 4013) leaves all of ASCII but control characters alone.</remarks>
internal sealed class ScramMechanism(
    HashAlgorithmName hash, string user, string password, ScramBinding binding, byte[] endPoint, string nonce) : Mechanism
{
    /// <summary>Fewer are a gift to who wants to guess the password from the answer; RFC 7677 section 4 demands them.</summary>
    private const int FewestIterations = 4096;

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

    internal static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    internal override byte[] InitialResponse => ByteText.Encode(_header + FirstBare);

    private string FirstBare =>
        $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={nonce}";

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
        if (fields.Length < 3 || Value(fields[0], 'r') is not { } fullNonce || Value(fields[1], 's') is not { } saltText
            || Value(fields[2], 'i') is not { } iterationText)
            throw new SaslException("challenge not understood");
        if (!fullNonce.StartsWith(nonce, StringComparison.Ordinal) || fullNonce.Length == nonce.Length)
            throw new SaslException("the server's nonce does not continue ours");
        byte[] salt = Bytes(saltText);
        if (salt.Length == 0)
            throw new SaslException("challenge not understood");
        if (!int.TryParse(iterationText, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            || iterations is < FewestIterations or > MostIterations)
            throw new SaslException(string.Create(CultureInfo.InvariantCulture,
                $"iteration count not between {FewestIterations} and {MostIterations}"));

        byte[] header = ByteText.Encode(_header);
        byte[] bound = binding == ScramBinding.ServerEndPoint ? [.. header, .. endPoint] : header;
        string withoutProof = $"c={Convert.ToBase64String(bound)},r={fullNonce}";
        byte[] signed = ByteText.Encode($"{FirstBare},{serverFirst},{withoutProof}");

        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(ByteText.Encode(password), salt, iterations, hash, HashLength);
        byte[] clientKey = Hmac(salted, "Client Key"u8);
        byte[] proof = Hmac(Hash(clientKey), signed);
        for (int i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _serverSignature = Hmac(Hmac(salted, "Server Key"u8), signed);
        return ByteText.Encode($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    private static void Verify(string serverFinal, byte[] signature)
    {
        string field = serverFinal.Split(',')[0];
        if (Value(field, 'e') is { } error)
            throw new SaslException($"the server reports: {SmtpReplyParser.Printable(Encoding.UTF8.GetBytes(error))}");
        if (Value(field, 'v') is not { } verifier)
            throw new SaslException("challenge not understood");
        if (!CryptographicOperations.FixedTimeEquals(Bytes(verifier), signature))
            throw new SaslException("wrong server signature: the server does not know the password");
    }

    private int HashLength => hash == HashAlgorithmName.SHA1 ? 20 : 32;

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> text) => CryptographicOperations.HmacData(hash, key, text);

    private byte[] Hash(byte[] bytes) => CryptographicOperations.HashData(hash, bytes);

    private static string? Value(string field, char name) => field.Length >= 2 && field[0] == name && field[1] == '=' ? field[2..] : null;

    private static byte[] Bytes(string base64) => Base64Line.TryDecode(base64) ?? throw new SaslException("challenge not understood");
}
