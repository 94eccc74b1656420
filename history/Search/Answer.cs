using PostfixNet.Delivery;

namespace PostfixNet.History;

/// <summary>What was found.</summary>
/// <param name="Pieces">In their order: messages, the newest first, each followed by its steps where one message was asked for.</param>
/// <param name="End">What goes last.</param>
internal sealed record Answer(IReadOnlyList<HistoryPiece> Pieces, HistoryEnd End)
{
    /// <summary>Who asks may not.</summary>
    internal static Answer Forbidden(string why) => new([], new HistoryEnd(null, why, IsForbidden: true));

    /// <summary>There is none now.</summary>
    internal static Answer Unavailable(string why) => new([], new HistoryEnd(null, why));
}
