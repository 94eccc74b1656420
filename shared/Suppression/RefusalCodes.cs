using PostfixNet.Mail;

namespace PostfixNet.Suppression;

/// <summary>Which refusals say that an address is of no more use (S3-47): suppression_codes.</summary>
/// <remarks>A refusal that has a reply code of the list, but says by its status that the message or its sender was not wanted, is none: else one day
/// without a DKIM key would suppress all users of a provider.</remarks>
public sealed class RefusalCodes
{
    private readonly (string Code, bool Is)[] _codes;

    private RefusalCodes((string, bool)[] codes) => _codes = codes;

    /// <summary>Understands the words of the parameter.</summary>
    /// <param name="wrong">The first that is none.</param>
    /// <returns>null: one is none.</returns>
    public static RefusalCodes? TryRead(IReadOnlyList<string> words, out string wrong)
    {
        wrong = words.FirstOrDefault(static word => !IsCode(word.StartsWith('!') ? word[1..] : word)) ?? "";
        return wrong.Length > 0 ? null : new([.. words.Select(static word => word.StartsWith('!') ? (word[1..], false) : (word, true))]);
    }

    private static bool IsCode(string word) => word switch
    {
        ['5', not '.', _] => char.IsAsciiDigit(word[1]) && char.IsAsciiDigit(word[2]),
        ['5', '.', ..] => Dsn.IsStatus(word) || Dsn.IsStatus(word + ".0"),
        _ => false,
    };

    /// <summary>A refusal puts the address on the list at once.</summary>
    /// <param name="status">E.g. "5.1.1".</param>
    /// <param name="reply">What the server said, "550 ..."; null: it was not a server that refused.</param>
    public bool IsAtOnce(string status, string? reply)
    {
        ReadOnlySpan<char> code = reply is { Length: >= 3 } && (reply.Length == 3 || !char.IsAsciiLetterOrDigit(reply[3])) ? reply.AsSpan(0, 3) : default;
        foreach ((string known, bool yes) in _codes)
        {
            if (known[1] == '.' ? Has(status, known) : code.SequenceEqual(known))
                return yes;
        }
        return false;
    }

    private static bool Has(string status, string prefix) => status.StartsWith(prefix, StringComparison.Ordinal) && (status.Length == prefix.Length || status[prefix.Length] == '.');
}
