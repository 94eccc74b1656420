namespace PostfixNet.Selection;

/// <summary>What must hold of a message.</summary>
internal abstract class Condition
{
    internal abstract bool Holds(IMailFacts message);

    internal sealed class All(IReadOnlyList<Condition> parts) : Condition
    {
        internal override bool Holds(IMailFacts message) => parts.All(part => part.Holds(message));
    }

    internal sealed class Any(IReadOnlyList<Condition> parts) : Condition
    {
        internal override bool Holds(IMailFacts message) => parts.Any(part => part.Holds(message));
    }

    internal sealed class Not(Condition part) : Condition
    {
        internal override bool Holds(IMailFacts message) => !part.Holds(message);
    }

    /// <summary>A text of the message is one of several: for recipients, that of any recipient.</summary>
    internal sealed class IsText(Func<IMailFacts, IEnumerable<string>> texts, IReadOnlyList<Wildcard> values) : Condition
    {
        internal override bool Holds(IMailFacts message)
        {
            foreach (string text in texts(message))
            {
                foreach (Wildcard value in values)
                {
                    if (value.Fits(text))
                        return true;
                }
            }
            return false;
        }
    }

    /// <summary>A number of the message lies so to another. What is not known does neither.</summary>
    internal sealed class IsNumber(Func<IMailFacts, long?> number, Func<int, bool> isSo, long value) : Condition
    {
        internal override bool Holds(IMailFacts message) => number(message) is { } known && isSo(known.CompareTo(value));
    }
}
