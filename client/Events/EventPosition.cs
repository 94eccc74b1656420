using System.Globalization;

namespace PostfixNet.Client;

/// <summary>How far events were read. Kept as text, "12:34567", it says where to go on.</summary>
/// <param name="Segment">Number of the file; 0: the oldest that there is.</param>
/// <param name="Offset">Octets of it that were read.</param>
public readonly record struct EventPosition(long Segment, long Offset)
{
    /// <summary>The oldest event that is kept.</summary>
    public static EventPosition Beginning => default;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Segment}:{Offset}");

    /// <summary>Reads what <see cref="ToString"/> gives.</summary>
    public static bool TryParse(string? text, out EventPosition position)
    {
        position = default;
        if (text?.Split(':') is not [var segment, var offset]
            || !long.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long octets))
            return false;
        position = new EventPosition(number, octets);
        return true;
    }
}
