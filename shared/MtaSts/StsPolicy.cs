using System.Globalization;

namespace PostfixNet.MtaSts;

/// <summary>What follows when a server does not satisfy a policy.</summary>
public enum StsMode
{
    /// <summary>Nothing: the domain has no policy any more.</summary>
    None,
    /// <summary>It is told; mail goes as if there were no policy.</summary>
    Testing,
    /// <summary>It gets no mail.</summary>
    Enforce,
}

/// <summary>The policy of a domain, RFC 8461 section 3.2.</summary>
/// <param name="Mode">What it is worth.</param>
/// <param name="MaxAge">How long it holds from the moment when it was fetched: 0 to <see cref="LongestAge"/>.</param>
/// <param name="Mx">Names of its mail exchangers, in ASCII and lower case; "*." in front stands for any one label. Empty only where the mode
/// is none.</param>
public sealed record StsPolicy(StsMode Mode, TimeSpan MaxAge, IReadOnlyList<string> Mx)
{
    /// <summary>Octets of a policy.</summary>
    public const int Largest = 64 * 1024;

    /// <summary>More patterns than any domain has exchangers are refused: what is kept of a policy has a bound.</summary>
    public const int MostPatterns = 200;

    private const int LongestAgeSeconds = 31_557_600, MostDigits = 10;

    /// <summary>A year: a policy that wants to hold for longer holds as long.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(LongestAgeSeconds);

    /// <summary>Whether a mail exchanger is one of those that the policy names (section 4.1).</summary>
    /// <param name="host">The name in the MX record, with or without dot at the end; the domain itself where there is no MX record.</param>
    public bool Matches(string host)
    {
        ReadOnlySpan<char> name = host.AsSpan().TrimEnd('.');
        foreach (string pattern in Mx)
        {
            if (pattern[0] != '*' ? name.Equals(pattern, StringComparison.OrdinalIgnoreCase)
                : name.IndexOf('.') is > 0 and var dot && name[dot..].Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>The word for a mode.</summary>
    public static string WordFor(StsMode mode) => mode switch
    {
        StsMode.None => "none",
        StsMode.Testing => "testing",
        StsMode.Enforce => "enforce",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    /// <summary>The mode that a word stands for; null: none.</summary>
    public static StsMode? ModeOf(ReadOnlySpan<char> word) => word switch
    {
        "none" => StsMode.None,
        "testing" => StsMode.Testing,
        "enforce" => StsMode.Enforce,
        _ => null,
    };

    /// <summary>Reads a policy. Lines end with LF or CR LF, the last may do without; lines without anything are passed over, which
    /// the RFC does not ask for. Fields that are not known are ignored, and all but the first of those that may not be repeated.</summary>
    /// <param name="text">All of it.</param>
    /// <exception cref="FormatException">It is none; the message says why in one line.</exception>
    public static StsPolicy Parse(string text)
    {
        StsMode? mode = null;
        TimeSpan? age = null;
        bool hasVersion = false;
        List<string> mx = [];
        foreach (ReadOnlySpan<char> whole in text.AsSpan().EnumerateLf())
        {
            ReadOnlySpan<char> line = whole.TrimEnd(" \t");
            if (line.IsEmpty)
                continue;
            int colon = line.IndexOf(':');
            if (colon < 0 || !StsRecord.IsName(line[..colon]))
                throw new FormatException("a line is no \"name: value\"");
            ReadOnlySpan<char> name = line[..colon], value = line[(colon + 1)..].TrimStart(" \t");
            if (value.IsEmpty || HasControl(value))
                throw new FormatException($"the field {name} has no proper value");
            switch (name)
            {
                case "version" when !hasVersion:
                    hasVersion = value is "STSv1" ? true : throw new FormatException("its version is not STSv1");
                    break;
                case "mode" when mode is null:
                    mode = ModeOf(value) ?? throw new FormatException("its mode is not enforce, testing or none");
                    break;
                case "max_age" when age is null:
                    age = ReadAge(value);
                    break;
                case "mx":
                    if (mx.Count == MostPatterns)
                        throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostPatterns} mx fields"));
                    mx.Add(ReadPattern(value));
                    break;
                default:
                    break;
            }
        }
        if (!hasVersion || mode is null || age is null)
            throw new FormatException($"it has no {(!hasVersion ? "version" : mode is null ? "mode" : "max_age")}");
        return mx.Count > 0 || mode == StsMode.None ? new StsPolicy(mode.Value, age.Value, mx) : throw new FormatException("it has no mx");
    }

    /// <summary>Reads the seconds of max_age.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    internal static TimeSpan ReadAge(ReadOnlySpan<char> text)
    {
        if (text.Length > MostDigits || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
            throw new FormatException("its max_age is no number of seconds");
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestAgeSeconds));
    }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static string ReadPattern(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> domain = text.StartsWith("*.") ? text[2..] : text;
        if (domain.Length > 253)
            throw new FormatException("a name of an mx field is too long");
        foreach (Range range in domain.Split('.'))
        {
            ReadOnlySpan<char> label = domain[range];
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(StsDomain.Letters))
                throw new FormatException("an mx field has no name of a host, with or without \"*.\" in front");
        }
        return text.ToString().ToLowerInvariant();
    }

    private static bool HasControl(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
                return true;
        }
        return false;
    }
}
