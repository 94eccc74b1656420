namespace PostfixNet.Queue;

/// <summary>A queue file cannot be understood: damaged, incomplete, or not a queue file.</summary>
/// <remarks>The message is one line that completes a log line after the queue id, e.g.
/// "message rejected: missing end record". Trouble with the disk is <see cref="IOException"/> instead.</remarks>
public sealed class QueueFileException : Exception
{
    /// <summary>Not used.</summary>
    public QueueFileException() : this("damaged queue file") { }

    /// <summary>One line that says what is wrong.</summary>
    public QueueFileException(string message) : base(message) { }

    /// <summary>One line that says what is wrong, and its cause.</summary>
    public QueueFileException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The file ended in the middle of a record, or before the record that must come last.</summary>
    public bool IsTruncated { get; init; }
}
