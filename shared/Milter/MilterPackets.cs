using System.Buffers.Binary;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Milter;

/// <summary>Puts packets together: a length of four octets, most significant first, a letter, and what belongs to it.</summary>
internal sealed class MilterOutput
{
    private readonly OutputBuffer _buffer = new(1024);
    private int _start;

    internal int Length => _buffer.Length;

    internal ReadOnlySpan<byte> Written => _buffer.Written;

    internal void Clear() => _buffer.Clear();

    internal MilterOutput Begin(MilterEvent told)
    {
        _start = _buffer.Length;
        _buffer.Add([0, 0, 0, 0, (byte)told]);
        return this;
    }

    internal MilterOutput Octet(byte octet)
    {
        _buffer.Add([octet]);
        return this;
    }

    internal MilterOutput Short(int number)
    {
        _buffer.Add([(byte)(number >> 8), (byte)number]);
        return this;
    }

    internal MilterOutput Number(uint number)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, number);
        _buffer.Add(octets);
        return this;
    }

    /// <summary>A text with NUL at its end; one within would end it, too.</summary>
    internal MilterOutput Text(string text) => Text(ByteText.Encode(text));

    internal MilterOutput Text(ReadOnlySpan<byte> text)
    {
        int nul = text.IndexOf((byte)0);
        _buffer.Add(nul < 0 ? text : text[..nul]);
        return Octet(0);
    }

    internal MilterOutput Raw(ReadOnlySpan<byte> octets)
    {
        _buffer.Add(octets);
        return this;
    }

    internal void End() => BinaryPrimitives.WriteUInt32BigEndian(_buffer.Written[_start..], (uint)(_buffer.Length - _start - 4));
}

/// <summary>Finds packets in what a milter sends, however it comes in pieces.</summary>
internal sealed class MilterInput
{
    private byte[] _buffer = new byte[512];
    private int _start, _end;

    /// <summary>The letter of the packet that <see cref="TryTake"/> found.</summary>
    internal MilterAnswer Answer { get; private set; }

    /// <summary>What belongs to it, until the next call.</summary>
    internal ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>Octets came that belong to no packet yet.</summary>
    internal bool HasPart => _start < _end;

    /// <summary>The length of the packet came, and not all of it.</summary>
    internal bool HasLength => _end - _start >= 4;

    /// <summary>Takes a packet, if all of it is there.</summary>
    /// <param name="limit">Octets that one may have.</param>
    /// <exception cref="MilterException">It has none, or too many: "bad packet length: 0".</exception>
    internal bool TryTake(int limit)
    {
        ReadOnlySpan<byte> octets = _buffer.AsSpan(_start, _end - _start);
        if (octets.Length < 4)
            return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(octets);
        if (length < 1)
            throw new MilterException("bad packet length: 0");
        if (length > limit)
            throw new MilterException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"unreasonable packet length: {length} > {limit}"));
        if (octets.Length - 4 < length)
            return false;
        Answer = (MilterAnswer)octets[4];
        Payload = _buffer.AsMemory(_start + 5, (int)length - 1);
        _start += 4 + (int)length;
        return true;
    }

    /// <summary>Where to read to. The buffer grows by what comes, not by what a length promises.</summary>
    internal Memory<byte> Room()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == 0 && _buffer.Length > 128 * 1024)
            _buffer = new byte[512];
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        return _buffer.AsMemory(_end);
    }

    internal void Filled(int octets) => _end += octets;
}

/// <summary>Takes what belongs to a packet apart.</summary>
internal ref struct MilterPayload(ReadOnlySpan<byte> octets)
{
    private ReadOnlySpan<byte> _rest = octets;

    internal readonly bool IsEmpty => _rest.IsEmpty;

    /// <exception cref="MilterException">It is not there.</exception>
    internal uint Number()
    {
        if (_rest.Length < 4)
            throw new MilterException("input packet too short for network long");
        uint number = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        _rest = _rest[4..];
        return number;
    }

    /// <exception cref="MilterException">It is not there, or has no end.</exception>
    internal string Text()
    {
        if (_rest.IsEmpty)
            throw new MilterException("packet too short for string");
        int end = _rest.IndexOf((byte)0);
        if (end < 0)
            throw new MilterException("missing string null terminator");
        string text = ByteText.Decode(_rest[..end]);
        _rest = _rest[(end + 1)..];
        return text;
    }

    /// <exception cref="MilterException">There is more.</exception>
    internal readonly void End()
    {
        if (!_rest.IsEmpty)
            throw new MilterException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"left-over data {_rest.Length} bytes"));
    }
}
