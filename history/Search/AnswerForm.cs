using PostfixNet.Delivery;

namespace PostfixNet.History;

/// <summary>What was found, as who asked wants it.</summary>
internal abstract class AnswerForm
{
    private readonly List<HistoryPiece> _pieces = [];

    /// <summary>All so far.</summary>
    internal IReadOnlyList<HistoryPiece> Pieces => _pieces;

    /// <summary>Characters so far.</summary>
    internal long Length { get; private set; }

    /// <summary>A message.</summary>
    internal abstract void Add(FoundMessage message);

    /// <summary>A step of the last message.</summary>
    /// <param name="line">The event.</param>
    internal abstract void AddStep(string line);

    /// <param name="cells">Of a row; one alone: a line.</param>
    private protected void Say(params string[] cells)
    {
        _pieces.Add(new HistoryPiece(cells));
        Length += cells.Sum(static cell => cell.Length);
    }
}
