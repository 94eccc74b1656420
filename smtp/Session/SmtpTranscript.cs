namespace PostfixNet.Smtp;

/// <summary>The last lines of a conversation, as a notice to the postmaster shows them: no message content, no secrets.</summary>
internal sealed class SmtpTranscript
{
    // A notice should be read: what led to the error is at the end.
    private const int MostLines = 200;
    private const int MostText = 32 * 1024;

    private readonly Queue<string> _lines = new();
    private int _length;

    /// <summary>Lines in front were dropped.</summary>
    internal bool IsCut { get; private set; }

    /// <summary>The server said something that is not SMTP.</summary>
    internal bool HasJunk { get; private set; }

    internal IEnumerable<string> Lines => _lines;

    internal void Sent(string command) => Add($"Out: {command}");

    internal void Received(string line, bool isJunk)
    {
        HasJunk |= isJunk;
        Add($"In:  {line}");
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        _length += line.Length;
        while (_lines.Count > MostLines || (_length > MostText && _lines.Count > 1))
        {
            _length -= _lines.Dequeue().Length;
            IsCut = true;
        }
    }
}
