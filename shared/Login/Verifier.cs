using System.Globalization;
using System.Security.Cryptography;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Login;

/// <summary>What is stored of a user's password, and tells whether another one is the same. Not a record: those print what they hold.</summary>
internal abstract class Verifier
{
    private const string Accepted = "give an RFC 5803 verifier, SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, or a crypt(3) hash such as $y$... or $6$...; \"master passwd\" makes them";

    // Of this process alone. What it makes of a password is gone with the verifier: when the file changes, and at the end.
    private static readonly byte[] s_secret = RandomNumberGenerator.GetBytes(32);

    private byte[]? _lastRight;

    /// <summary>The verifier of a text.</summary>
    /// <exception cref="FormatException">It is none; the message does not quote it.</exception>
    internal static Verifier Parse(string text)
    {
        if (text.StartsWith(ScramVerifier.Scheme, StringComparison.Ordinal))
            return ScramVerifier.Parse(text);
        if (text.StartsWith("SCRAM-", StringComparison.Ordinal))
            throw new FormatException($"of SCRAM verifiers only those of SCRAM-SHA-256 are supported; {Accepted}");
        if (!text.StartsWith('$'))
            throw new FormatException($"no verifier; {Accepted}");
        return PasswordHash.Problem(text) is { } problem ? throw new FormatException($"{problem}; {Accepted}") : new CryptVerifier(text);
    }

    /// <summary>The password is the user's. Takes its time, but for the one that was right before: programs log in again and again.</summary>
    internal bool IsOf(byte[] password)
    {
        byte[] mark = HMACSHA256.HashData(s_secret, password);
        if (_lastRight is { } right && CryptographicOperations.FixedTimeEquals(mark, right))
            return true;
        bool isRight = Computes(password);
        if (isRight)
            _lastRight = mark;
        return isRight;
    }

    /// <summary>As <see cref="IsOf"/>, each time from the start.</summary>
    private protected abstract bool Computes(byte[] password);

    /// <summary>By this order those that take the same time stand together.</summary>
    internal abstract (int Kind, string Setting) Cost { get; }

    /// <summary>One of nobody, that takes as much time as this one.</summary>
    /// <param name="key">32 octets that are secret, and always the same for a name.</param>
    internal abstract Verifier MakeUp(byte[] key);
}

/// <summary>RFC 5803: with it a server can check a password, and speak SCRAM-SHA-256; it cannot log in elsewhere with it.</summary>
internal sealed class ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) : Verifier
{
    /// <summary>What the text begins with.</summary>
    internal const string Scheme = "SCRAM-SHA-256$";

    /// <summary>Of new ones. What it costs is paid by the client at each SCRAM login, and by this host at each login with PLAIN or LOGIN: some 5
    /// milliseconds of one processor core, so that a program that logs in for each message is not held up, and a stolen file costs whoever tries
    /// passwords on it five times what <see cref="Scram.FewestIterations"/> would.</summary>
    internal const int UsualIterations = 20_000;

    // A second of computing, and more: no login may take this process for longer.
    private const int MostIterations = 5_000_000;
    private const int KeyLength = 32, LongestSalt = 1024;

    internal int Iterations => iterations;

    internal byte[] Salt => salt;

    internal byte[] StoredKey => storedKey;

    internal byte[] ServerKey => serverKey;

    internal override (int Kind, string Setting) Cost => (0, iterations.ToString("D8", CultureInfo.InvariantCulture));

    /// <summary>A new one.</summary>
    internal static ScramVerifier Make(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        byte[] salted = Scram.SaltedPassword(HashAlgorithmName.SHA256, password, salt, UsualIterations);
        return new ScramVerifier(UsualIterations, salt, Scram.Hash(HashAlgorithmName.SHA256, Scram.ClientKey(HashAlgorithmName.SHA256, salted)),
            Scram.ServerKey(HashAlgorithmName.SHA256, salted));
    }

    internal static new ScramVerifier Parse(string text)
    {
        if (text[Scheme.Length..].Split('$') is not [var cost, var keys] || cost.Split(':') is not [var count, var saltText] || keys.Split(':') is not [var storedText, var serverText]
            || Base64Line.TryDecode(saltText) is not { Length: > 0 and <= LongestSalt } salt
            || Base64Line.TryDecode(storedText) is not { Length: KeyLength } stored || Base64Line.TryDecode(serverText) is not { Length: KeyLength } server)
            throw new FormatException("a SCRAM-SHA-256 verifier that is not understood; its form is SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, the last three in base64");
        return int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) && iterations is >= Scram.FewestIterations and <= MostIterations
            ? new ScramVerifier(iterations, salt, stored, server)
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a SCRAM-SHA-256 verifier with less than {Scram.FewestIterations} iterations, or more than {MostIterations}"));
    }

    /// <summary>As it stands in the file. Not ToString, which things are printed with.</summary>
    internal string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{Scheme}{iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");

    private protected override bool Computes(byte[] password)
    {
        byte[] salted = Scram.SaltedPassword(HashAlgorithmName.SHA256, ByteText.Decode(password), salt, iterations);
        return IsProof(Scram.ClientKey(HashAlgorithmName.SHA256, salted));
    }

    /// <summary>A ClientKey is the user's.</summary>
    internal bool IsProof(byte[] clientKey) => CryptographicOperations.FixedTimeEquals(Scram.Hash(HashAlgorithmName.SHA256, clientKey), storedKey);

    internal override ScramVerifier MakeUp(byte[] key)
    {
        byte[] octets = HKDF.Expand(HashAlgorithmName.SHA256, key, salt.Length + 2 * KeyLength);
        return new ScramVerifier(iterations, octets[(2 * KeyLength)..], octets[..KeyLength], octets[KeyLength..(2 * KeyLength)]);
    }
}

/// <summary>A hash of the system's crypt(3).</summary>
internal sealed class CryptVerifier(string hash) : Verifier
{
    // What it costs stands in front.
    internal override (int Kind, string Setting) Cost => (1, hash);

    private protected override bool Computes(byte[] password) => PasswordHash.IsOf(password, hash);

    // Its salt is never seen; that nobody gets in with it is whoever asks for it to know.
    internal override CryptVerifier MakeUp(byte[] key) => new(hash);
}
