namespace PostfixNet.Metrics;

/// <summary>Values of a label that this program does not know beforehand: the first of them as they are, all others as "other".</summary>
/// <param name="limit">How many.</param>
internal sealed class Words(int limit)
{
    /// <summary>What all others are.</summary>
    internal const string Other = "other";

    private const int LongestWord = 100;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>The label for a value. Not for several threads.</summary>
    internal string Of(string? value) => string.IsNullOrEmpty(value) ? "none"
        : _known.Contains(value) || (value.Length <= LongestWord && _known.Count < limit && _known.Add(value)) ? value : Other;
}
