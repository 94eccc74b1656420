namespace PostfixNet.Selection;

/// <summary>Text that is no filter.</summary>
/// <param name="column">Where, from 1.</param>
/// <param name="what">What is wrong there, and what would be accepted.</param>
public sealed class FilterException(int column, string what) : Exception(FormattableString.Invariant($"column {column}: {what}"))
{
    /// <summary>Where, in characters from 1.</summary>
    public int Column { get; } = column;
}
