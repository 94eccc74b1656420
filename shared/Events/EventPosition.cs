using System.Globalization;

namespace PostfixNet.Events;

/// <summary>How far a consumer has read: what it keeps, so that it goes on there.</summary>
/// <param name="Segment">Number of the segment; 0: from the oldest that there is.</param>
/// <param name="Offset">Bytes of it that were read.</param>
public readonly record struct EventPosition(long Segment, long Offset)
{
    /// <summary>The oldest event that is kept.</summary>
    public static EventPosition Beginning => default;

    /// <summary>As in files of consumers, e.g. "12:34567".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Segment}:{Offset}");

    /// <summary>Reads what <see cref="ToString"/> gives; never throws.</summary>
    public static bool TryParse(string? text, out EventPosition position)
    {
        position = default;
        if (text?.Split(':') is not [var segment, var offset]
            || !long.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
            return false;
        position = new EventPosition(number, bytes);
        return true;
    }
}
