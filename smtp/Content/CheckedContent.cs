using System.Runtime.InteropServices;
using PostfixNet.Checks;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Looks at content on its way out, and does what smtp_header_checks and its kin want: lines are changed, added or left out. The queue
/// file stays as it is.</summary>
/// <remarks>Memory: one header, and one line of a record's length.</remarks>
internal sealed class CheckedContent : IMimeListener
{
    private readonly CheckTables _tables;
    private readonly LineSink _output;
    private readonly Log _log;
    private readonly string _queueId;
    private readonly int _gathered; // octets of a line that are put together
    private readonly MimeMachine _machine;
    private readonly HeaderLines _lines;
    private readonly List<byte> _line = [];
    private bool _withinLine;
    private bool _isOpen; // the last piece that went out ended no line
    private bool _isPastHeaders;

    /// <param name="gathered">Lines come in pieces of any length, of which lines of so many octets are made; 0: they come as they are to be looked at.</param>
    internal CheckedContent(CheckTables tables, LineSink output, Log log, string queueId, int gathered)
    {
        (_tables, _output, _log, _queueId, _gathered) = (tables, output, log, queueId, gathered);
        _machine = new MimeMachine(tables.Limits, this);
        _lines = new HeaderLines(tables.Limits.HeaderSizeLimit);
    }

    /// <summary>Takes a piece of a line.</summary>
    /// <exception cref="Tables.LookupException">A table cannot say now.</exception>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_gathered == 0)
        {
            Look(piece, endsLine);
            return;
        }
        _line.AddRange(piece);
        if (!endsLine && _line.Count < _gathered)
            return;
        Look(CollectionsMarshal.AsSpan(_line), endsLine);
        _line.Clear();
    }

    /// <summary>Lets out what was held back.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    internal void End()
    {
        if (_line.Count > 0)
            Look(CollectionsMarshal.AsSpan(_line), endsLine: true);
        if (!_isPastHeaders)
            EndHeader();
        _machine.End();
    }

    private void Look(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_isPastHeaders)
        {
            _machine.Text(piece, endsLine);
            return;
        }
        bool startsLine = !_withinLine;
        // No part of a line at all.
        if (startsLine && piece.IsEmpty && !endsLine)
            return;
        _withinLine = !endsLine;
        HeaderLine line = startsLine ? HeaderLines.Judge(piece, _lines.Length > 0) : HeaderLine.Continues;
        if (line != HeaderLine.Continues)
            EndHeader();
        if (line != HeaderLine.None)
        {
            _lines.Add(piece, startsLine);
            return;
        }
        _isPastHeaders = true;
        _machine.EndHeaders(piece, endsLine);
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _lines.Take();
        int nameLength = HeaderNames.Length(header, out int colon);
        if (nameLength == 0)
            return;
        // RFC 5322 section 4.5.
        if (colon > nameLength)
            header = (byte[])[.. header[..nameLength], .. header[colon..]];
        _machine.Header(header);
        Pass(MimeHeaders.PlaceOf(header[..nameLength], HeaderPlace.Message), header);
    }

    void IMimeListener.Header(HeaderPlace place, ReadOnlySpan<byte> header) => Pass(place, header);

    void IMimeListener.Body(ReadOnlySpan<byte> piece, bool endsLine, long offset)
    {
        if (_tables.Body is { } table && table.Find(piece) is { } value)
        {
            piece = Act(table, value, isHeader: false, piece);
            // The line is left out; but one that went out in part has its end.
            if (piece.IsEmpty && !(_isOpen && endsLine))
                return;
        }
        _isOpen = !endsLine;
        _output(piece, endsLine);
    }

    // How mail is made is no business of this program.
    void IMimeListener.Wrong(MimeError what, ReadOnlySpan<byte> text)
    {
    }

    private void Pass(HeaderPlace place, ReadOnlySpan<byte> header)
    {
        if (_tables.Headers[(int)place] is { } table && table.Find(header) is { } value)
            header = Act(table, value, isHeader: true, header);
        if (!header.IsEmpty)
            Write(header);
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        for (int end = lines.IndexOf((byte)'\n'); end >= 0; end = lines.IndexOf((byte)'\n'))
        {
            _output(lines[..end], endsLine: true);
            lines = lines[(end + 1)..];
        }
        _output(lines, endsLine: true);
    }

    // What takes the place of a line; empty: nothing does.
    private ReadOnlySpan<byte> Act(CheckTable table, string value, bool isHeader, ReadOnlySpan<byte> line)
    {
        CheckAction action = CheckAction.Parse(value);
        if (action.Problem(value, table.Name, isHeader, CheckUse.Outgoing) is { } problem)
        {
            _log.Warning(PrintableText.Of(problem));
            return line;
        }
        if (action.Word == CheckWord.Dunno)
            return line;
        if (action.Word == CheckWord.Ignore)
            return default;
        _log.Checked(_queueId, action.Word == CheckWord.Warn ? "warning" : action.Word.ToString().ToLowerInvariant(), isHeader, line, action.Text);
        byte[] text = isHeader ? HeaderLines.Folded(ByteText.Encode(action.Text)) : ByteText.Encode(action.Text);
        switch (action.Word)
        {
            case CheckWord.Prepend:
                Write(text);
                return line;
            case CheckWord.Replace:
                return text;
            case CheckWord.Strip:
                return default;
            default:
                return line;
        }
    }
}
