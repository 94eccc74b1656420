using PostfixNet.Events;

namespace PostfixNet.History;

/// <summary>How far a recipient has come: the words of the column, and of a search.</summary>
internal static class RecipientState
{
    internal const string Waiting = "waiting", Deferred = "deferred", Redirected = "redirected";

    /// <summary>After an event of that kind; null: it says nothing about that.</summary>
    internal static string? After(EventKind kind) => kind switch
    {
        EventKind.Deferred => Deferred,
        _ when kind.IsEnd() => kind.Word(),
        _ => null,
    };

    /// <summary>There is nothing more to come.</summary>
    internal static bool IsEnd(string state) => state == Redirected || EventKinds.Parse(state).IsEnd();

    /// <summary>Whoever sent it will want to know.</summary>
    internal static bool IsFailure(string state) => EventKinds.Parse(state) is EventKind.Bounced or EventKind.Expired or EventKind.Suppressed;
}
