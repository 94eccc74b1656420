using System.Buffers.Binary;

namespace PostfixNet.Ipc;

/// <summary>Bytes put together before they are sent.</summary>
/// <param name="capacity">Room at first, bytes; it grows.</param>
public sealed class OutputBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written. Valid until the next write.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>The same, for code that awaits.</summary>
    internal ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>It is empty again.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends a message with its frame.</summary>
    public void Add(AttributeList message)
    {
        int at = Length;
        Take(4);
        message.Encode(this);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), (uint)(Length - at - 4));
    }

    /// <summary>Appends bytes of any value, which the caller sets at once.</summary>
    internal Span<byte> Take(int count)
    {
        int at = Length;
        Length = checked(at + count);
        if (Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Clamp(2L * _bytes.Length, Length, Array.MaxLength));
        return _bytes.AsSpan(at, count);
    }

    /// <summary>Appends bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => Write(bytes);

    internal void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));
}
