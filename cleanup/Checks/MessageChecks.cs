using PostfixNet.Checks;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Looks at what one message has in it, and does what header_checks and its kin want. Headers that cleanup adds itself do not come here.</summary>
internal sealed class MessageChecks : IMimeListener
{
    private readonly CheckTables _tables;
    private readonly Message _message;
    private readonly RecordWriter _output;
    private readonly int _lineLimit;
    private readonly MimeMachine _machine;
    private MimeError? _wrong; // known early, said at the end: another reason goes before it

    /// <param name="lineLimit">Octets of a record.</param>
    internal MessageChecks(CheckTables tables, Message message, RecordWriter output, int lineLimit)
    {
        (_tables, _message, _output, _lineLimit) = (tables, message, output, lineLimit);
        _machine = new MimeMachine(tables.Limits, this);
    }

    /// <summary>Why the message goes back to its sender; null: it does not.</summary>
    internal Refusal? Refused { get; private set; }

    /// <summary>A header of the message itself.</summary>
    /// <param name="header">LF between its lines, no blank before the colon.</param>
    /// <returns>What takes its place; empty: nothing does.</returns>
    /// <exception cref="Refusal">The message is refused.</exception>
    /// <exception cref="Tables.LookupException">A table cannot say now.</exception>
    internal ReadOnlySpan<byte> Header(ReadOnlySpan<byte> header)
    {
        _machine.Header(header);
        return Checked(MimeHeaders.PlaceOf(header[..header.IndexOf((byte)':')], HeaderPlace.Message), header);
    }

    /// <summary>The line that ends those headers: empty, or text already.</summary>
    /// <inheritdoc cref="Header" path="/exception"/>
    internal void EndHeaders(RecordType type, ReadOnlySpan<byte> text) => _machine.EndHeaders(text, type == RecordType.Text);

    /// <summary>What follows.</summary>
    /// <inheritdoc cref="Header" path="/exception"/>
    internal void Text(RecordType type, ReadOnlySpan<byte> text) => _machine.Text(text, type == RecordType.Text);

    /// <summary>The content is complete.</summary>
    /// <inheritdoc cref="Header" path="/exception"/>
    internal void End()
    {
        _machine.End();
        if (_wrong is { } error && Refused is null)
            Refuse(new Refusal(error.Text(), status: "5.6.0") { Reply = $"550 5.6.0 {error.Text()}" });
    }

    void IMimeListener.Header(HeaderPlace place, ReadOnlySpan<byte> header)
    {
        header = Checked(place, header);
        if (!header.IsEmpty)
            HeaderRecords.Write(_output, header, _lineLimit, isEditable: false);
    }

    void IMimeListener.Body(ReadOnlySpan<byte> piece, bool endsLine, long offset)
    {
        if (_tables.Body is { } table && !_message.IsPassed && (_tables.BodyLimit == 0 || offset < _tables.BodyLimit) && table.Find(piece) is { } value)
        {
            piece = Act(table, value, isHeader: false, piece);
            if (piece.IsEmpty)
                return;
        }
        _output.Write(endsLine ? RecordType.Text : RecordType.TextPart, piece);
    }

    // Only who looks at headers, or is strict, minds that some are not seen.
    void IMimeListener.Wrong(MimeError what, ReadOnlySpan<byte> text)
    {
        if (_message.IsDiscarded || (what == MimeError.TooDeep && _tables.Headers.All(static table => table is null) && _tables.Limits.Strictness == MimeStrictness.None))
            return;
        _message.Log.Wrong(_message, what.Text(), text);
        if (_wrong is null || what < _wrong)
            _wrong = what;
    }

    private ReadOnlySpan<byte> Checked(HeaderPlace place, ReadOnlySpan<byte> header) =>
        !_message.IsPassed && _tables.Headers[(int)place] is { } table && table.Find(header) is { } value ? Act(table, value, isHeader: true, header) : header;

    // What takes the place of a line; empty: nothing does.
    private ReadOnlySpan<byte> Act(CheckTable table, string value, bool isHeader, ReadOnlySpan<byte> line)
    {
        CheckAction action = CheckAction.Parse(value);
        if (action.Problem(value, table.Name, isHeader) is { } problem)
        {
            _message.Log.CheckTrouble(problem);
            return line;
        }
        string text = action.Text;
        switch (action.Word)
        {
            case CheckWord.Dunno:
                return line;
            case CheckWord.Ignore:
                return default;
            case CheckWord.Reject:
                Reject(isHeader, line, text);
                return line;
            case CheckWord.Hold when _message.IsHeld:
                return line;
        }
        _message.Log.Checked(_message, action.Word == CheckWord.Warn ? "warning" : action.Word.ToString().ToLowerInvariant(), isHeader, line, text);
        switch (action.Word)
        {
            case CheckWord.Bcc:
                _message.Copies.Add(text);
                break;
            case CheckWord.Discard:
                _message.IsDiscarded = _message.IsPassed = true;
                break;
            case CheckWord.Filter:
                _message.Filter = text;
                break;
            case CheckWord.Hold:
                _message.IsHeld = true;
                break;
            case CheckWord.Pass:
                _message.IsPassed = true;
                break;
            case CheckWord.Prepend when isHeader:
                HeaderRecords.Write(_output, HeaderLines.Folded(ByteText.Encode(text)), _lineLimit, isEditable: _message.Places is not null);
                break;
            case CheckWord.Prepend:
                _output.Write(RecordType.Text, ByteText.Encode(text));
                break;
            case CheckWord.Redirect:
                _message.Redirect = text;
                _message.IsPassed = true;
                break;
            case CheckWord.Replace:
                return isHeader ? HeaderLines.Folded(ByteText.Encode(text)) : ByteText.Encode(text);
            case CheckWord.Strip:
                return default;
        }
        return line;
    }

    private void Reject(bool isHeader, ReadOnlySpan<byte> line, string text)
    {
        Refusal refusal = Rejection.Of(text, _message.Log);
        _message.Log.Checked(_message, "reject", isHeader, line, $"{refusal.Status} {refusal.Message}");
        Refuse(refusal);
    }

    // Whoever cannot tell the sender has the message returned, whole.
    private void Refuse(Refusal refusal)
    {
        _message.IsPassed = true;
        if (refusal.IsTemporary || !_message.IsReturned)
            throw refusal;
        Refused = refusal;
    }
}
