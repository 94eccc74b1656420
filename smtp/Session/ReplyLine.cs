namespace PostfixNet.Smtp;

/// <summary>Takes lines off received octets.</summary>
internal static class ReplyLine
{
    /// <summary>Takes one line off the front of <paramref name="buffer"/>, without CR LF; a bare LF also ends a reply line.</summary>
    /// <param name="limit">Most octets of a line, without line ending. RFC 5321 section 4.5.3.1.5: at least 512.</param>
    /// <param name="line">The line, or the first <paramref name="limit"/> octets of one that is too long.</param>
    /// <param name="consumed">Octets of <paramref name="buffer"/> that are done with.</param>
    internal static LineStatus TryRead(ReadOnlySpan<byte> buffer, int limit, out ReadOnlySpan<byte> line, out int consumed)
    {
        consumed = 0;
        int end = buffer.IndexOf((byte)'\n');
        int length = end < 0 ? buffer.Length : end;
        if (end > 0 && buffer[end - 1] == '\r')
            length--;
        if (length > limit)
        {
            // A CR at the very end may belong to a line ending that has not arrived.
            if (end >= 0 || length > limit + 1 || buffer[^1] != '\r')
            {
                line = buffer[..limit];
                consumed = limit;
                return LineStatus.TooLong;
            }
        }
        if (end < 0)
        {
            line = default;
            return LineStatus.NeedMore;
        }
        line = buffer[..length];
        consumed = end + 1;
        return LineStatus.Complete;
    }
}
