using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>Reads the records of a queue file, or of what comes in the same format from elsewhere, one after the other.</summary>
/// <remarks>A record is a type byte, the payload's length in base 128 with the least significant seven bits first, and the
/// payload. In a file, pointer records are followed. Memory: one buffer, that grows to the longest record.
/// All offsets are those of a record's type byte in the file; of what is no file, counted from its start.</remarks>
public sealed class RecordReader
{
    /// <summary>Longest payload in a file that only this system writes: a bound on memory, far above what is written.</summary>
    public const int TrustedMaximumPayload = 16 * 1024 * 1024;

    // 7 * 5 = 35 bits hold every length; a sixth byte means that this is no queue file.
    private const int MaximumLengthBytes = 5;
    private const int InitialBuffer = 16 * 1024;
    // One pointer record: type, length, 15 digits.
    private const int PointerLength = 17;

    private readonly SafeFileHandle? _file;
    private readonly Func<Span<byte>, int>? _read;
    private readonly int _maximumPayload;
    private readonly bool _followPointers;
    private readonly bool _reportPointers;
    private byte[] _buffer;
    private int _start;      // first byte in _buffer that is not consumed
    private int _end;        // first byte in _buffer that is not filled
    private long _bufferAt;  // offset of _buffer[0]
    private int _payloadStart;
    private int _payloadLength;
    private long _fileSize;  // as last seen
    private long _budget;    // bytes that may still be read before the pointers must be running in a circle

    /// <summary>Reads a file with pread(2): the handle's own position is neither used nor moved.</summary>
    /// <param name="file">Stays the caller's.</param>
    /// <param name="maximumPayload">Bytes; a longer record is an error. For untrusted files: line_length_limit.</param>
    /// <param name="followPointers">False for files from users, in which a pointer record is just a type that is not allowed.</param>
    /// <param name="reportPointers">Also return the pointer records that are followed, for those who print a file.</param>
    /// <param name="size">Of the file, where that is known; else it is asked for.</param>
    public RecordReader(
        SafeFileHandle file, int maximumPayload = TrustedMaximumPayload, bool followPointers = true, bool reportPointers = false, long? size = null)
    {
        _file = file;
        _maximumPayload = maximumPayload;
        _followPointers = followPointers;
        _reportPointers = reportPointers;
        _fileSize = size ?? FileSystem.Status(file).Size;
        ResetBudget();
        // Most queue files are small, and there are many.
        _buffer = new byte[Math.Clamp(_fileSize + 1, 512, InitialBuffer)];
    }

    /// <summary>Reads what is no file, to its end record, without pointers. May read ahead.</summary>
    /// <param name="read">Fills the beginning of a buffer with what comes next, and says how many bytes; 0 at the end.</param>
    /// <param name="maximumPayload">Bytes; a longer record is an error.</param>
    public RecordReader(Func<Span<byte>, int> read, int maximumPayload)
    {
        _read = read;
        _maximumPayload = maximumPayload;
        _buffer = new byte[InitialBuffer / 2];
    }

    /// <summary>What is appended while it is read belongs to the file; false for the files of users, who could append for ever.</summary>
    public bool MayGrow { get; init; } = true;

    /// <summary>Type of the record that <see cref="Read"/> found.</summary>
    public RecordType Type { get; private set; }

    /// <summary>Offset of that record.</summary>
    public long Offset { get; private set; }

    /// <summary>Offset of the record that follows, pointers followed.</summary>
    public long NextOffset => _bufferAt + _start;

    /// <summary>Its payload; valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_payloadStart, _payloadLength);

    /// <summary>Its payload as text.</summary>
    public string Text => ByteText.Decode(Payload);

    /// <summary>Takes the next record.</summary>
    /// <returns>False at the end of the file, between two records.</returns>
    /// <exception cref="QueueFileException">The file ends within a record, a length is illegal, or pointers run in a circle.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Read()
    {
        while (true)
        {
            if (!ReadOne())
                return false;
            if (Type != RecordType.ContinueAt || !_followPointers || _file is null)
                return true;
            if (!Utf8Parser.TryParse(Payload.TrimStart((byte)' '), out long target, out int used)
                || used != Payload.TrimStart((byte)' ').Length || target < 0)
                throw new QueueFileException($"malformed pointer record at offset {Number(Offset)}");
            if (target > 0)
                Jump(target);
            if (_reportPointers)
                return true;
        }
    }

    /// <summary>Continues at the record at <paramref name="offset"/>, as the file is now; only for files.</summary>
    public void Seek(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (_file is null)
            throw new InvalidOperationException("only a file has offsets to go to");
        ResetBudget();
        _bufferAt = offset;
        _start = _end = 0;
    }

    /// <summary>Passes over what lies before <paramref name="offset"/>; only forward, only in files.</summary>
    internal void SkipTo(long offset) => Jump(offset);

    /// <summary>Bytes of the file, of what was read already if they are there.</summary>
    internal int Peek(Span<byte> bytes, long offset)
    {
        if (offset < _bufferAt || offset + bytes.Length > _bufferAt + _end)
            return FileSystem.ReadAt(_file!, bytes, offset);
        _buffer.AsSpan((int)(offset - _bufferAt), bytes.Length).CopyTo(bytes);
        return bytes.Length;
    }

    // A file without a circle is read at most once, so reading more than it holds proves the circle,
    // whatever the pointers look like. Each pointer costs at least its own length, so the number of jumps is bounded too.
    private void ResetBudget() => _budget = _fileSize + PointerLength;

    // A file that is being written may have grown meanwhile.
    private bool MayReadOn()
    {
        if (!MayGrow)
            return _budget >= 0;
        long size = FileSystem.Status(_file!).Size;
        _budget += Math.Max(0, size - _fileSize);
        _fileSize = size;
        return _budget >= 0;
    }

    private void Jump(long offset)
    {
        if (offset >= _bufferAt && offset <= _bufferAt + _end)
        {
            _start = (int)(offset - _bufferAt);
            return;
        }
        _bufferAt = offset;
        _start = _end = 0;
    }

    private bool ReadOne()
    {
        _payloadLength = 0;
        if (_start == _end && !Fill(1))
            return false;
        Offset = NextOffset;
        Type = (RecordType)_buffer[_start++];
        long length = 0;
        for (int i = 0; ; i++)
        {
            if (_start == _end && !Fill(1))
                throw Truncated($"unexpected EOF in data, record type {Number((int)Type)} length {Number(length)}");
            byte b = _buffer[_start++];
            length |= (long)(b & 0x7f) << (7 * i);
            if ((b & 0x80) == 0)
                break;
            if (i + 1 == MaximumLengthBytes)
                throw new QueueFileException($"too many length bits, record type {Number((int)Type)}");
        }
        if (length > _maximumPayload)
            throw new QueueFileException($"illegal length {Number(length)}, record type {Number((int)Type)}");
        if (_end - _start < length && !Fill((int)length))
            throw Truncated($"unexpected EOF in data, record type {Number((int)Type)} length {Number(length)}");
        _payloadStart = _start;
        _payloadLength = (int)length;
        _start += _payloadLength;
        if (_file is not null && (_budget -= NextOffset - Offset) < 0 && !MayReadOn())
            throw new QueueFileException($"pointer records run in a circle at offset {Number(Offset)}");
        return true;
    }

    // Makes at least `wanted` bytes available from _start on; false when the file ends before.
    private bool Fill(int wanted)
    {
        int have = _end - _start;
        if (_start + wanted > _buffer.Length || _start == _end)
        {
            _buffer.AsSpan(_start, have).CopyTo(_buffer);
            _bufferAt += _start;
            _start = 0;
            _end = have;
        }
        while (_end - _start < wanted)
        {
            // Grow by what arrives, not by what the length bytes promise: a forged length costs nothing.
            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, (int)Math.Min(Math.Max((long)_buffer.Length * 2, InitialBuffer), int.MaxValue / 2));
            int n = _file is not null
                ? FileSystem.ReadSome(_file, _buffer.AsSpan(_end), _bufferAt + _end)
                : _read!(_buffer.AsSpan(_end));
            if (n == 0)
                return false;
            _end += n;
        }
        return true;
    }

    private static QueueFileException Truncated(string text) => new(text) { IsTruncated = true };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
