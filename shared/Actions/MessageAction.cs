namespace PostfixNet.Actions;

/// <summary>What can be done to a message.</summary>
[Flags]
public enum MessageAction
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>It is removed.</summary>
    Delete = 1,
    /// <summary>It waits until it is released.</summary>
    Hold = 2,
    /// <summary>It waits no more for that.</summary>
    Release = 4,
    /// <summary>It is processed anew, from maildrop.</summary>
    Requeue = 8,
    /// <summary>It is returned at its next attempt.</summary>
    Expire = 16,
    /// <summary>Both.</summary>
    ExpireAndRelease = Expire | Release,
}

/// <summary>Actions by their names.</summary>
public static class MessageActionWords
{
    /// <summary>null: there is no such action.</summary>
    public static MessageAction? Parse(string word) => word switch
    {
        "delete" => MessageAction.Delete,
        "hold" => MessageAction.Hold,
        "release" => MessageAction.Release,
        "requeue" => MessageAction.Requeue,
        _ => null,
    };
}
