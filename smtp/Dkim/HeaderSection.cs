using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Gathers the fields of a message's header that matter to a signature, from its lines as they pass.</summary>
/// <param name="isWanted">Whether a name is one of them.</param>
internal sealed class HeaderSection(HeaderSection.Selector isWanted)
{
    // Of all gathered fields together. A message with more is not signed.
    private const int MostOctets = 1024 * 1024, MostFields = 1000;

    private readonly List<HeaderField> _fields = [];
    private readonly List<byte> _field = [];
    private bool _isKnown;     // the name of the field in hand
    private bool _isPassedOver;
    private bool _withinLine;
    private int _size;

    internal delegate bool Selector(ReadOnlySpan<byte> name);

    /// <summary>In the order of the message.</summary>
    internal IReadOnlyList<HeaderField> Fields => _fields;

    /// <summary>There are more fields than a signature is made over, and those here are not all.</summary>
    internal bool IsTooLarge { get; private set; }

    /// <summary>Takes a piece of a line.</summary>
    /// <returns>False: it is the empty line that ends the header.</returns>
    internal bool Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (!_withinLine)
        {
            if (piece.IsEmpty)
                return !endsLine;
            if (piece[0] is not ((byte)' ' or (byte)'\t'))
                End();
            else if (_field.Count > 0)
                _field.AddRange("\r\n"u8);
        }
        _withinLine = !endsLine;
        if (!_isPassedOver && !IsTooLarge)
            Gather(piece);
        return true;
    }

    /// <summary>The field in hand has come to its end, and with the last one the header.</summary>
    internal void End()
    {
        if (_isKnown && !_isPassedOver && !IsTooLarge)
        {
            _size += _field.Count;
            _fields.Add(new HeaderField([.. _field]));
            IsTooLarge = _fields.Count > MostFields;
        }
        _field.Clear();
        _isKnown = _isPassedOver = false;
    }

    private void Gather(ReadOnlySpan<byte> piece)
    {
        _field.AddRange(piece);
        if (!_isKnown && piece.Contains((byte)':'))
        {
            _isKnown = true;
            byte[] line = [.. _field];
            int length = HeaderNames.Length(line, out _);
            _isPassedOver = length == 0 || !isWanted(line.AsSpan(0, length));
            if (_isPassedOver)
                _field.Clear();
        }
        IsTooLarge = _size + _field.Count > MostOctets;
    }
}
