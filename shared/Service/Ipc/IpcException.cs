namespace PostfixNet.Ipc;

/// <summary>A conversation between two of our processes failed: the peer is gone, too slow, or sent what it should not.</summary>
public sealed class IpcException : IOException
{
    /// <summary>One line, e.g. "private/bounce: timeout waiting for a reply".</summary>
    public IpcException(string message) : base(message) { }

    /// <summary>One line, and what caused it.</summary>
    public IpcException(string message, Exception cause) : base(message, cause) { }

    /// <summary>For serializers only.</summary>
    public IpcException() { }
}
