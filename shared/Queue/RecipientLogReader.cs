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
            while (lines.Next() is { } line)
            {
                if (line.Length > 0)
                    block.Add(NoticeText.OneLine(line));
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

        internal void Add(string line)
        {
            if (line[0] == '<')
            {
                int end = line.IndexOf(">: ", StringComparison.Ordinal);
                if (end > 0)
                    (_oldRecipient, _oldReason) = (line[1..end], line[(end + 3)..]);
                return;
            }
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return;
            string value = line[(equals + 1)..];
            switch (line[..equals])
            {
                case "recipient": _recipient = value; break;
                case "original_recipient": _original = value; break;
                case "offset": _ = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _offset); break;
                case "dsn_orig_rcpt": _dsnOriginal = value; break;
                case "notify_flags": _notify = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long flags) ? NotifyFlags.FromNumber(flags) : Notify.Default; break;
                case "status": _status = Dsn.IsStatus(value) ? value : null; break;
                case "action": _action = DsnActions.Parse(value); break;
                case "diag_type": _diagnosticType = value; break;
                case "diag_text": _diagnosticText = value; break;
                case "mta_mname": _remoteMta = value; break;
                case "reason": _reason = value; break;
            }
        }

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
        private bool _isAtEnd;
        private long _position;
        private int _start, _end;

        /// <summary>The next line without its end; null at the end of the file.</summary>
        internal string? Next()
        {
            bool cutting = false;
            string? head = null;
            while (true)
            {
                int newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                if (newline >= 0)
                {
                    string line = head ?? ByteText.Decode(_buffer.AsSpan(_start, newline));
                    _start += newline + 1;
                    return line;
                }
                if (_start == 0 && _end == _buffer.Length)
                {
                    if (!cutting)
                        head = ByteText.Decode(_buffer.AsSpan(0, RecipientLog.ValueLimit));
                    cutting = true;
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
                    string? last = head ?? (_end > 0 ? ByteText.Decode(_buffer.AsSpan(0, _end)) : null);
                    _end = 0;
                    return last;
                }
                _end += count;
            }
        }
    }
}
