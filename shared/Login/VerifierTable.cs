using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>What stands in a password file: lines "user:verifier". Empty lines and those that begin with "#" are passed over.</summary>
/// <remarks>A line without a user, ":seed", holds 32 random octets in base64. Of these come the salts that users get who are not there: the
/// same from all processes, today and tomorrow, as those of real users are. Without the line each process has a seed of its own, and
/// who asks two of them can tell by their answers whom there is.</remarks>
internal sealed class VerifierTable
{
    private const int SeedLength = 32, LongestName = 512, MostProblems = 10;

    // Of nobody: what a file without users is guarded by.
    private static readonly ScramVerifier s_usual = new(ScramVerifier.UsualIterations, new byte[16], new byte[32], new byte[32]);

    private readonly Dictionary<string, Verifier> _users = new(StringComparer.Ordinal);
    private readonly byte[] _seed;

    // All there are, and those of SCRAM, by what they cost: a made-up one is like one of these.
    private readonly Verifier[] _byCost;
    private readonly ScramVerifier[] _scramByCost;

    private VerifierTable(IReadOnlyList<Line> lines)
    {
        byte[]? seed = null;
        foreach (Line line in lines)
        {
            if (line.Seed is not null)
                seed = line.Seed;
            else if (line.Verifier is not null)
                _users.Add(line.User, line.Verifier);
        }
        HasSeed = seed is not null;
        _seed = seed ?? RandomNumberGenerator.GetBytes(SeedLength);
        _byCost = [.. _users.Values.OrderBy(static verifier => verifier.Cost.Kind).ThenBy(static verifier => verifier.Cost.Setting, StringComparer.Ordinal)];
        _scramByCost = [.. _byCost.OfType<ScramVerifier>()];
    }

    /// <summary>One line of the file.</summary>
    /// <param name="text">As it stands there.</param>
    /// <param name="user">"": none.</param>
    /// <param name="verifier">null: the line holds none.</param>
    /// <param name="seed">null: it is not that line.</param>
    internal sealed class Line(string text, string user = "", Verifier? verifier = null, byte[]? seed = null)
    {
        internal string Text => text;

        internal string User => user;

        internal Verifier? Verifier => verifier;

        internal byte[]? Seed => seed;
    }

    /// <summary>The salts of unknown users outlive this process.</summary>
    internal bool HasSeed { get; }

    /// <summary>Some user can log in with SCRAM; or there is no user at all, which nobody is to see.</summary>
    internal bool HasScram => _scramByCost.Length > 0 || _users.Count == 0;

    /// <summary>Users who cannot log in with SCRAM.</summary>
    internal int WithoutScram => _byCost.Length - _scramByCost.Length;

    internal IReadOnlyCollection<string> Users => _users.Keys;

    /// <summary>The verifier of a user, or one that is made up.</summary>
    /// <param name="user">The name that was given.</param>
    /// <param name="domain">smtpd_sasl_local_domain: a name without one is looked up with it, too.</param>
    /// <param name="scramOnly">Others are as good as none.</param>
    /// <returns>The name that stands in the file; null: nobody, and whatever the verifier says is no.</returns>
    internal (Verifier Verifier, string? Name) Find(string user, string domain, bool scramOnly)
    {
        string name = PreparedText.Of(user);
        foreach (string candidate in domain.Length == 0 || name.Contains('@', StringComparison.Ordinal) ? (string[])[name] : [name, $"{name}@{domain}"])
        {
            if (_users.TryGetValue(candidate, out Verifier? found) && (found is ScramVerifier || !scramOnly))
                return (found, candidate);
        }
        byte[] key = HMACSHA256.HashData(_seed, ByteText.Encode(name));
        // One in ten users has such a verifier: so has one in ten of those who are not there.
        Verifier[] like = scramOnly ? _scramByCost : _byCost;
        int at = (int)((ulong)BinaryPrimitives.ReadUInt32BigEndian(key) * (ulong)like.Length >> 32);
        return ((like.Length == 0 ? s_usual : like[at]).MakeUp(key), null);
    }

    /// <summary>Why a name can be nobody's; null: it can.</summary>
    internal static string? ProblemOf(string user)
    {
        if (user.Length == 0)
            return "a user needs a name";
        if (user.Length > LongestName)
            return string.Create(CultureInfo.InvariantCulture, $"a name of more than {LongestName} characters");
        return user.Contains(':', StringComparison.Ordinal) || user.Any(char.IsControl) || user[0] == '#' || user.Trim() != user || !ByteText.IsValidUtf8(user)
            ? "a name must have no \":\", no control characters, no \"#\" in front and no blanks around it" : null;
    }

    /// <summary>The lines of a file, and what they say.</summary>
    /// <param name="path">For messages.</param>
    /// <exception cref="PasswordFileException">A line cannot be read.</exception>
    internal static VerifierTable Read(ReadOnlySpan<byte> file, string path) => new(Lines(file, path));

    /// <inheritdoc cref="Read"/>
    internal static IReadOnlyList<Line> Lines(ReadOnlySpan<byte> file, string path)
    {
        List<Line> lines = [];
        List<string> problems = [];
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        int number = 0;
        foreach (Range range in file.Split((byte)'\n'))
        {
            number++;
            try
            {
                Line line = ReadLine(ByteText.Decode(file[range]).TrimEnd('\r', ' ', '\t'));
                lines.Add(line);
                if ((line.Verifier is not null || line.Seed is not null) && !seen.TryAdd(line.User, number))
                    throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a second {(line.Seed is null ? "line of the user" : "seed, after that")} of line {seen[line.User]}"));
            }
            catch (FormatException e)
            {
                // The line itself is not for the eyes of others.
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: {e.Message}"));
                if (problems.Count == MostProblems)
                    break;
            }
        }
        return problems.Count == 0 ? lines : throw new PasswordFileException(problems);
    }

    private static Line ReadLine(string text)
    {
        if (text.Length == 0 || text[0] == '#')
            return new Line(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new FormatException("no \":\"; a line is a user, a colon and a verifier");
        if (colon == 0)
            return Base64Line.TryDecode(text[1..]) is { Length: SeedLength } seed ? new Line(text, seed: seed)
                : throw new FormatException($"no user in front of the colon; without one there can only be a seed, {SeedLength} octets in base64");
        string user = PreparedText.Of(text[..colon]);
        return ProblemOf(user) is { } problem ? throw new FormatException(problem) : new Line(text, user, Verifier.Parse(text[(colon + 1)..]));
    }

    /// <summary>The line of a user.</summary>
    internal static Line LineOf(string user, string verifier) => ReadLine($"{user}:{verifier}");

    /// <summary>A line with a new seed.</summary>
    internal static Line NewSeed() => ReadLine($":{Convert.ToBase64String(RandomNumberGenerator.GetBytes(SeedLength))}");
}
