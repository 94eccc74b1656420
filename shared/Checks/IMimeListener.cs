namespace PostfixNet.Checks;

/// <summary>Hears what a <see cref="MimeMachine"/> finds, in the order of the message; whatever it hears is its to pass on.</summary>
public interface IMimeListener
{
    /// <summary>A header of a part or of a message within the message.</summary>
    /// <param name="place">Part or Nested.</param>
    /// <param name="header">LF between its lines.</param>
    public void Header(HeaderPlace place, ReadOnlySpan<byte> header);

    /// <summary>A line that is no header, or a piece of one: text, empty lines after headers, lines between parts.</summary>
    /// <param name="endsLine">It is the last piece.</param>
    /// <param name="offset">Octets of this text before it: those since the headers of its part.</param>
    public void Body(ReadOnlySpan<byte> piece, bool endsLine, long offset);

    /// <summary>The message is not as it should be; of each kind the first is told.</summary>
    /// <param name="text">The header, the line, or the encoding that is meant.</param>
    public void Wrong(MimeError what, ReadOnlySpan<byte> text);
}
