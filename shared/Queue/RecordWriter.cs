using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>Writes the records of a queue file, or sends them in the same format elsewhere, through one buffer.</summary>
public sealed class RecordWriter
{
    // Most messages fit into the first; long ones go in larger pieces.
    private const int FirstBufferSize = 8 * 1024, BufferSize = 16 * 1024;
    private const int MaximumHeader = 6;

    private readonly SafeFileHandle? _file;
    private readonly Action<ReadOnlySpan<byte>>? _send;
    private byte[] _buffer = new byte[FirstBufferSize];
    private int _used;
    private long _flushed;

    /// <summary>Writes to a file with pwrite(2), from its start on.</summary>
    /// <param name="file">Stays the caller's.</param>
    public RecordWriter(SafeFileHandle file) => _file = file;

    /// <summary>Writes to where a file cannot be.</summary>
    /// <param name="send">Takes the bytes, one after the other, in pieces of any size.</param>
    public RecordWriter(Action<ReadOnlySpan<byte>> send) => _send = send;

    /// <summary>Offset of the record that is written next.</summary>
    public long Position => _flushed + _used;

    /// <summary>Appends a record.</summary>
    /// <returns>Its offset.</returns>
    /// <exception cref="IOException">E.g. the disk is full.</exception>
    public long Write(RecordType type, ReadOnlySpan<byte> payload)
    {
        long offset = Position;
        MakeRoom(MaximumHeader);
        _used += Header(_buffer.AsSpan(_used), type, payload.Length);
        MakeRoom(payload.Length);
        if (payload.Length > _buffer.Length)
        {
            Send(payload);
            return offset;
        }
        payload.CopyTo(_buffer.AsSpan(_used));
        _used += payload.Length;
        return offset;
    }

    /// <summary>Appends a record of text.</summary>
    /// <returns>Its offset.</returns>
    public long Write(RecordType type, string text)
    {
        int size = ByteText.ByteCount(text);
        if (size > 512)
            return Write(type, ByteText.Encode(text));
        Span<byte> bytes = stackalloc byte[512];
        return Write(type, bytes[..ByteText.Encode(text, bytes)]);
    }

    /// <summary>Appends a record without payload, such as <see cref="RecordType.Message"/>.</summary>
    /// <returns>Its offset.</returns>
    public long Write(RecordType type) => Write(type, default(ReadOnlySpan<byte>));

    /// <summary>Appends an attribute record.</summary>
    /// <returns>Its offset.</returns>
    public long WriteAttribute(string name, string value) => Write(RecordType.Attribute, $"{name}={value}");

    /// <summary>Appends an attribute record.</summary>
    /// <returns>Its offset.</returns>
    public long WriteAttribute(string name, long value) =>
        Write(RecordType.Attribute, string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));

    /// <summary>Payload of a pointer record: what can stand in the place of any record that is as long.</summary>
    public const int PointerPayload = 15;

    /// <summary>Appends a record that says where reading continues.</summary>
    /// <param name="target">Offset of a record; 0: here.</param>
    /// <returns>Its offset.</returns>
    public long WritePointer(long target) => Write(RecordType.ContinueAt, string.Create(CultureInfo.InvariantCulture, $"{target,PointerPayload}"));

    /// <summary>Writes such a record over one that has room for it.</summary>
    public void OverwriteByPointer(long offset, long target) =>
        Overwrite(offset, RecordType.ContinueAt, ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"{target,PointerPayload}")));

    /// <summary>Appends a filling after a record that is shorter than a pointer, so that one can stand in its place.</summary>
    /// <param name="length">Of that record's payload.</param>
    /// <param name="type">Padding, or ContinueAt where others read it.</param>
    public void Fill(int length, RecordType type = RecordType.Padding)
    {
        if (length < PointerPayload)
            Write(type, "0".PadLeft(Math.Max(1, PointerPayload - length - 2)));
    }

    /// <summary>Hands all buffered bytes to the system; says nothing about stable storage.</summary>
    public void Flush()
    {
        int used = _used;
        _used = 0;
        Send(_buffer.AsSpan(0, used));
    }

    /// <summary>Overwrites a record of a file, by one that is no longer.</summary>
    /// <exception cref="InvalidOperationException">The writer has no file.</exception>
    public void Overwrite(long offset, RecordType type, ReadOnlySpan<byte> payload)
    {
        if (_file is null)
            throw new InvalidOperationException("what is sent cannot be overwritten");
        byte[] bytes = new byte[payload.Length + MaximumHeader];
        int header = Header(bytes, type, payload.Length);
        payload.CopyTo(bytes.AsSpan(header));
        // Most messages fit into the buffer: theirs is one write.
        if (offset >= _flushed && offset + header + payload.Length <= Position)
        {
            bytes.AsSpan(0, header + payload.Length).CopyTo(_buffer.AsSpan((int)(offset - _flushed)));
            return;
        }
        Flush();
        FileSystem.WriteAt(_file, bytes.AsSpan(0, header + payload.Length), offset);
    }

    // Of what does not fit into the largest buffer, the caller takes care.
    private void MakeRoom(int count)
    {
        if (_buffer.Length < BufferSize && count > _buffer.Length - _used)
            Array.Resize(ref _buffer, BufferSize);
        if (count > _buffer.Length - _used)
            Flush();
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_file is not null)
            FileSystem.WriteAt(_file, bytes, _flushed);
        else
            _send!(bytes);
        _flushed += bytes.Length;
    }

    private static int Header(Span<byte> buffer, RecordType type, int length)
    {
        int at = 0;
        buffer[at++] = (byte)type;
        uint rest = (uint)length;
        for (; rest > 0x7f; rest >>= 7)
            buffer[at++] = (byte)(rest | 0x80);
        buffer[at++] = (byte)rest;
        return at;
    }
}
