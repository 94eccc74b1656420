namespace PostfixNet.Ipc;

/// <summary>Bytes put together before they are sent.</summary>
/// <param name="capacity">Room at first, bytes; it grows.</param>
internal sealed class OutputBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes written.</summary>
    internal int Length { get; private set; }

    /// <summary>What was written. Valid until the next write.</summary>
    internal Span<byte> Written => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    /// <summary>Appends bytes of any value, which the caller sets at once.</summary>
    internal Span<byte> Take(int count)
    {
        int at = Length;
        Length = checked(at + count);
        if (Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Clamp(2L * _bytes.Length, Length, Array.MaxLength));
        return _bytes.AsSpan(at, count);
    }

    internal void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));
}
