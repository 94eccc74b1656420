using PostfixNet.Mail;

namespace PostfixNet.Suppression;

/// <summary>Which addresses are the same one (S3-46): suppression_normalize.</summary>
/// <remarks>Only for comparing. What one provider takes for the same mailbox is another's two; who suppresses too few has one more refusal, so parts can be left out.</remarks>
/// <param name="words">Of "plus", "minus" and "dots".</param>
public sealed class AddressForm(IEnumerable<string> words)
{
    private readonly char[] _cuts = [.. words.Select(static word => word switch { "plus" => '+', "minus" => '-', _ => '\0' }).Where(static c => c != '\0')];
    private readonly bool _withoutDots = words.Contains("dots");

    /// <summary>The address that stands for all that are the same.</summary>
    /// <param name="address">Internal form.</param>
    public string Of(string address)
    {
        (string local, string? domain) = Address.Split(address);
        // A local part that begins with one has nothing before it that could stand for it.
        int cut = local.AsSpan().IndexOfAny(_cuts);
        string rest = cut > 0 ? local[..cut] : local;
        if (_withoutDots && rest.Replace(".", "", StringComparison.Ordinal) is { Length: > 0 } joined)
            rest = joined;
        return domain is null ? Lower(rest) : $"{Lower(rest)}@{(DomainName.ToAscii(domain) ?? domain).ToLowerInvariant()}";
    }

    // Octets outside ASCII are text of nobody knows which kind.
    private static string Lower(string text) => ByteText.IsAscii(text) ? text.ToLowerInvariant() : string.Create(text.Length, text, static (lower, from) =>
    {
        for (int i = 0; i < lower.Length; i++)
            lower[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
    });
}
