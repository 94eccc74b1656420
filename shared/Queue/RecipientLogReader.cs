using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Notices;

/// <summary>Reads the file of a <see cref="RecipientLog"/>.</summary>
internal static class RecipientLogReader
{
    /// <summary>Its recipients, lazily, from the beginning.</summary>
    /// <param name="otherwise">Class of blocks that give no status.</param>
    internal static IEnumerable<Outcome> Recipients(SafeFileHandle file, DsnClass otherwise)
    {
        Block block = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LineReader.BufferLength);
        try
        {
            LineReader lines = new(file, buffer);
            while (lines.Next())
            {
                if (lines.Line.Length > 0)
                    block.Add(lines.Line);
                else if (block.Finish(otherwise) is { } outcome)
                    yield return outcome;
            }
            if (block.Finish(otherwise) is { } last)
                yield return last;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Each recipient once, with what was recorded last: a record is repeated when the mark in the queue file got lost after it.</summary>
    /// <param name="all">Enumerated twice.</param>
    internal static IEnumerable<Outcome> Once(IEnumerable<Outcome> all)
    {
        Dictionary<(long Offset, string Address), int> last = [];
        int index = 0;
        foreach ((Recipient recipient, _) in all)
            last[(recipient.Offset, recipient.Address)] = index++;
        bool someAreRepeated = last.Count < index;
        index = 0;
        foreach (Outcome outcome in all)
        {
            if (!someAreRepeated || outcome.Recipient.Offset == 0 || last[(outcome.Recipient.Offset, outcome.Recipient.Address)] == index)
                yield return outcome;
            index++;
        }
    }

    /// <summary>Collects the lines between two empty ones.</summary>
    private sealed class Block
    {
        private string? _oldRecipient, _oldReason;
        private string? _recipient, _original, _dsnOriginal, _status, _diagnosticType, _diagnosticText, _remoteMta, _reason;
        private DsnAction _action;
        private long _offset;
        private Notify _notify;

        internal void Add(ReadOnlySpan<byte> line)
        {
            if (line[0] == '<')
            {
                int end = line.IndexOf(">: "u8);
                if (end > 0)
                    (_oldRecipient, _oldReason) = (Text(line[1..end]), Text(line[(end + 3)..]));
                return;
            }
            int equals = line.IndexOf((byte)'=');
            if (equals < 0)
                return;
            ReadOnlySpan<byte> name = line[..equals], value = line[(equals + 1)..];
            if (name.SequenceEqual("recipient"u8))
                _recipient = Text(value);
            else if (name.SequenceEqual("original_recipient"u8))
                _original = Text(value);
            else if (name.SequenceEqual("offset"u8))
                _ = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _offset);
            else if (name.SequenceEqual("dsn_orig_rcpt"u8))
                _dsnOriginal = Text(value);
            else if (name.SequenceEqual("notify_flags"u8))
                _notify = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long flags) ? NotifyFlags.FromNumber(flags) : Notify.Default;
            else if (name.SequenceEqual("status"u8))
                _status = Text(value) is { } status && Dsn.IsStatus(status) ? status : null;
            else if (name.SequenceEqual("action"u8))
                _action = DsnActions.Parse(Text(value));
            else if (name.SequenceEqual("diag_type"u8))
                _diagnosticType = Text(value);
            else if (name.SequenceEqual("diag_text"u8))
                _diagnosticText = Text(value);
            else if (name.SequenceEqual("mta_mname"u8))
                _remoteMta = Text(value);
            else if (name.SequenceEqual("reason"u8))
                _reason = Text(value);
        }

        private static string Text(ReadOnlySpan<byte> value) => NoticeText.OneLine(ByteText.Decode(value));

        internal Outcome? Finish(DsnClass otherwise)
        {
            Outcome? outcome = null;
            if ((_recipient ?? _oldRecipient) is { } address)
            {
                bool diagnosed = _diagnosticType is { Length: > 0 } && _diagnosticText is { Length: > 0 };
                Dsn dsn = new(_status ?? $"{(int)otherwise}.0.0", _reason ?? _oldReason ?? "", _action, diagnosed ? _diagnosticType : null,
                    diagnosed ? _diagnosticText : null, _remoteMta is { Length: > 0 } ? _remoteMta : null);
                string plain = address == "<>" ? "" : Address.FromExternal(address);
                string? original = _original is { Length: > 0 } ? Address.FromExternal(_original) : null;
                outcome = new Outcome(new Recipient(plain, original, _dsnOriginal is { Length: > 0 } ? _dsnOriginal : null, _notify, _offset), dsn);
            }
            _oldRecipient = _oldReason = null;
            _recipient = _original = _dsnOriginal = _status = _diagnosticType = _diagnosticText = _remoteMta = _reason = null;
            _offset = 0;
            (_action, _notify) = (DsnAction.Unstated, Notify.Default);
            return outcome;
        }
    }

    /// <summary>Lines of a file, read in blocks at its own position.</summary>
    /// <param name="file">Stays the caller's.</param>
    /// <param name="buffer">Of <see cref="BufferLength"/> at least; null: one of its own.</param>
    internal sealed class LineReader(SafeFileHandle file, byte[]? buffer = null)
    {
        internal const int BufferLength = 32 * 1024;

        private readonly byte[] _buffer = buffer ?? new byte[BufferLength];
        private byte[]? _head; // of a line that is longer than the buffer
        private bool _isAtEnd;
        private long _position;
        private int _start, _end, _lineStart, _lineLength;

        /// <summary>The line that <see cref="Next"/> found, without its end; valid until the next call.</summary>
        internal ReadOnlySpan<byte> Line => _head ?? _buffer.AsSpan(_lineStart, _lineLength);

        /// <summary>Takes the next line.</summary>
        /// <returns>False at the end of the file.</returns>
        internal bool Next()
        {
            _head = null;
            while (true)
            {
                int newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                if (newline >= 0)
                {
                    (_lineStart, _lineLength) = (_start, newline);
                    _start += newline + 1;
                    return true;
                }
                if (_start == 0 && _end == _buffer.Length)
                {
                    _head ??= _buffer[..RecipientLog.ValueLimit];
                    _end = 0;
                }
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
                int count = _isAtEnd ? 0 : FileSystem.ReadSome(file, _buffer.AsSpan(_end), _position);
                _isAtEnd = count < _buffer.Length - _end;
                _position += count;
                if (count == 0)
                {
                    (_lineStart, _lineLength) = (0, _end);
                    _end = 0;
                    return _head is not null || _lineLength > 0;
                }
                _end += count;
            }
        }
    }
}
