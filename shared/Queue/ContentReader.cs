using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Queue;

/// <summary>Reads the message content of a queue file as pieces of lines. Padding is skipped, pointers are followed.</summary>
public sealed class ContentReader
{
    private readonly RecordReader _reader;
    private bool _ended;

    /// <summary>Starts at the first content record.</summary>
    /// <param name="handle">Stays the caller's.</param>
    /// <param name="dataOffset"><see cref="Envelope.DataOffset"/>.</param>
    /// <param name="size">Of the file, where that is known.</param>
    public ContentReader(SafeFileHandle handle, long dataOffset, long? size = null)
    {
        _reader = new RecordReader(handle, size: size);
        _reader.Seek(dataOffset);
    }

    /// <summary>The piece that <see cref="Read"/> found, without line terminator; valid until the next call.</summary>
    public ReadOnlySpan<byte> Piece => _reader.Payload;

    /// <summary>Whether the line ends with this piece.</summary>
    public bool EndsLine => _reader.Type == RecordType.Text;

    /// <summary>Takes the next piece.</summary>
    /// <returns>False at the end of the content.</returns>
    /// <exception cref="QueueFileException">The content is damaged or ends too early.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Read()
    {
        while (!_ended)
        {
            if (!_reader.Read())
                throw new QueueFileException("unexpected end of message content") { IsTruncated = true };
            switch (_reader.Type)
            {
                case RecordType.Text or RecordType.TextPart:
                    return true;
                case RecordType.Padding:
                    break;
                case RecordType.Extracted:
                    _ended = true;
                    break;
                default:
                    throw new QueueFileException(
                        $"unexpected record type {((int)_reader.Type).ToString(CultureInfo.InvariantCulture)} in message content");
            }
        }
        return false;
    }
}
