namespace PostfixNet.Net;

/// <summary>Why a conversation broke.</summary>
public enum StreamFailure
{
    /// <summary>The peer closed or reset the connection.</summary>
    Lost,
    /// <summary>The peer was too slow.</summary>
    TimedOut,
    /// <summary>TLS broke down.</summary>
    Tls,
    /// <summary>Replies and commands do not match: no reply can be trusted to be the answer to anything.</summary>
    OutOfStep,
}

/// <summary>A conversation broke; the connection is of no more use.</summary>
/// <param name="detail">The reason in the words of the system or of a library; may be empty.</param>
public sealed class ConnectionException(StreamFailure failure, string detail = "") : Exception(detail)
{
    /// <summary>What happened.</summary>
    public StreamFailure Failure => failure;
}
