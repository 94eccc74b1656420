using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Writes headers as records.</summary>
internal static class HeaderRecords
{
    /// <summary>Writes one, line by line.</summary>
    /// <param name="header">Has LF between lines.</param>
    /// <param name="limit">Octets of a record.</param>
    /// <param name="isEditable">Its first record has room for a pointer.</param>
    internal static void Write(RecordWriter output, ReadOnlySpan<byte> header, int limit, bool isEditable)
    {
        while (true)
        {
            int end = header.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? header : header[..end];
            int last = line.Length;
            for (; line.Length > limit; line = line[limit..])
                output.Write(RecordType.TextPart, line[..limit]);
            output.Write(RecordType.Text, line);
            if (isEditable)
                output.Fill(last);
            isEditable = false;
            if (end < 0)
                return;
            header = header[(end + 1)..];
        }
    }
}
