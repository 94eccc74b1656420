using System.Globalization;

namespace PostfixNet.Selection;

/// <summary>Numbers with their units.</summary>
internal static class Quantity
{
    /// <summary>What is understood.</summary>
    internal static string Accepted(FilterUnit unit) => unit switch
    {
        FilterUnit.Time => "time, as 90s, 15m, 2h, 1d12h, 1w",
        FilterUnit.Bytes => "size, as 4096, 100K, 10M, 1G",
        _ => "number",
    };

    /// <summary>In seconds or bytes; null: not understood.</summary>
    internal static long? Parse(string text, FilterUnit unit)
    {
        long sum = 0;
        int at = 0;
        do
        {
            int start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > 1L << 40)
                return null;
            bool hasUnit = at < text.Length;
            long? factor = !hasUnit ? 1 : Factor(char.ToLowerInvariant(text[at++]), unit);
            if (factor is null || (!hasUnit && start > 0))
                return null;
            if (Math.BigMul(number, factor.Value) is var amount && amount > long.MaxValue - sum)
                return null;
            sum += number * factor.Value;
        }
        while (at < text.Length && unit == FilterUnit.Time && at < 20);
        return at == text.Length ? sum : null;
    }

    private static long? Factor(char letter, FilterUnit unit) => (unit, letter) switch
    {
        (FilterUnit.Time, 's') => 1,
        (FilterUnit.Time, 'm') => 60,
        (FilterUnit.Time, 'h') => 3600,
        (FilterUnit.Time, 'd') => 86_400,
        (FilterUnit.Time, 'w') => 7 * 86_400,
        (FilterUnit.Bytes, 'b') => 1,
        (FilterUnit.Bytes, 'k') => 1L << 10,
        (FilterUnit.Bytes, 'm') => 1L << 20,
        (FilterUnit.Bytes, 'g') => 1L << 30,
        _ => null,
    };
}
