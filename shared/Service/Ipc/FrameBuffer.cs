using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace PostfixNet.Ipc;

/// <summary>Bytes of a connection as they arrive, and the frames in them.</summary>
/// <remarks>A frame is four bytes of length, little-endian, then so many bytes. The highest bit of the length marks a piece
/// of raw data; without it the frame is an <see cref="AttributeList"/>.</remarks>
/// <param name="limit">Largest frame accepted, bytes.</param>
public sealed class FrameBuffer(int limit)
{
    internal const uint DataMark = 0x8000_0000;
    private byte[] _bytes = new byte[8192];
    private int _start, _end;

    /// <summary>True when the peer closed in the middle of a frame.</summary>
    public bool HasPartialFrame => _end > _start;

    /// <summary>Room to read into; never empty.</summary>
    public Span<byte> Room()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _bytes.Length)
        {
            int used = _end - _start;
            byte[] target = used > _bytes.Length / 2 ? new byte[_bytes.Length * 2] : _bytes;
            Buffer.BlockCopy(_bytes, _start, target, 0, used);
            (_bytes, _start, _end) = (target, 0, used);
        }
        return _bytes.AsSpan(_end);
    }

    /// <summary>So many bytes were read into it.</summary>
    public void Filled(int count) => _end += count;

    /// <summary>Takes one whole message.</summary>
    /// <returns>False: there is none yet.</returns>
    /// <exception cref="IpcException">Malformed, or larger than the limit, or raw data.</exception>
    public bool TryTake([NotNullWhen(true)] out AttributeList? message)
    {
        message = null;
        if (!TryTake(out ReadOnlySpan<byte> frame, out bool isData))
            return false;
        message = isData ? throw new IpcException("data where a message was expected") : AttributeList.Decode(frame);
        return true;
    }

    /// <summary>Takes one whole frame; the span is valid until the next call of <see cref="Room"/>.</summary>
    /// <exception cref="IpcException">The frame is larger than the limit; nothing of it is stored beyond what came already.</exception>
    internal bool TryTake(out ReadOnlySpan<byte> frame, out bool isData)
    {
        frame = default;
        isData = false;
        if (_end - _start < 4)
            return false;
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_start));
        isData = (head & DataMark) != 0;
        int length = (int)(head & ~DataMark);
        if (length > limit)
            throw new IpcException($"message of {length} bytes, more than {limit}");
        if (_end - _start - 4 < length)
            return false;
        frame = _bytes.AsSpan(_start + 4, length);
        _start += 4 + length;
        return true;
    }
}
