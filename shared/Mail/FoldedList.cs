using System.Text;

namespace PostfixNet.Mail;

/// <summary>Puts the elements of an address list on lines: as many on each as fit.</summary>
/// <param name="nameLength">Of the header, without its colon.</param>
internal sealed class FoldedList(int nameLength)
{
    // RFC 5322 section 2.1.1 recommends 78; shorter lines survive being quoted.
    private const int LineLength = 69;

    private readonly StringBuilder _text = new();
    private int _column = nameLength + 1;

    /// <summary>The element in hand.</summary>
    internal StringBuilder Piece { get; } = new();

    /// <summary>The element is complete, its comma included.</summary>
    internal void EndPiece()
    {
        string piece = Piece.ToString();
        int length = ByteText.ByteCount(piece);
        if (_text.Length == 0 || piece.Length == 0 || _column + 1 + length <= LineLength)
        {
            _text.Append(' ');
            _column += 1 + length;
        }
        else
        {
            _text.Append("\n\t");
            _column = length;
        }
        _text.Append(piece);
        Piece.Clear();
    }

    /// <summary>The whole list, with the blank that follows the header's colon.</summary>
    internal string End()
    {
        EndPiece();
        return _text.ToString();
    }
}
