namespace PostfixNet.Selection;

/// <summary>What a filter must know of a message besides its envelope; each costs.</summary>
[Flags]
public enum FilterNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Where mail goes: the queue manager is asked.</summary>
    Routes = 1,
    /// <summary>Headers: the content is looked at, which is not for everybody.</summary>
    Content = 2,
    /// <summary>What was recorded at the last attempt.</summary>
    Delays = 4,
    /// <summary>The queue that it is in, and what follows from that.</summary>
    Place = 8,
}

/// <summary>Says which messages are meant: "sender=*@example.com and age>2h". The language is that of docs/selection.md.</summary>
/// <remarks>Bounded: a text of 4,096 characters, 200 tests, and no test whose time grows beyond its own length times that of what it looks at.</remarks>
public sealed class Filter
{
    private readonly Condition _condition;

    internal Filter(string text, Condition condition, FilterNeeds needs) => (Text, _condition, Needs) = (text, condition, needs);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>What it looks at.</summary>
    public FilterNeeds Needs { get; }

    /// <summary>Understands a filter.</summary>
    /// <exception cref="FilterException">It is none.</exception>
    public static Filter Parse(string text) => new FilterParser(text).Parse();

    /// <summary>A time as filters have it, in seconds; null: it is none.</summary>
    public static long? ParseTime(string text) => Quantity.Parse(text, FilterUnit.Time);

    /// <summary>Whether a message is meant.</summary>
    public bool Fits(IMailFacts message) => _condition.Holds(message);
}
