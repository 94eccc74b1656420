using System.Buffers;
using System.Text;

namespace PostfixNet.Checks;

/// <summary>How a group of words ended.</summary>
internal enum WordsEnd
{
    /// <summary>By a semicolon.</summary>
    AtDelimiter,
    /// <summary>With the header.</summary>
    AtEnd,
    /// <summary>There was none: the header had ended before.</summary>
    Nothing,
}

/// <summary>Takes the value of a structured MIME header apart, RFC 2045 section 5.1: groups of words between semicolons, without comments.</summary>
/// <remarks>Of each group the first three words are kept, which are all that a type or a parameter has.</remarks>
internal ref struct MimeWords
{
    private const int Kept = 3;
    private const char Token = 'a', Quoted = '"';

    /// <summary>Characters that end words in headers of MIME, RFC 2045 section 5.1.</summary>
    internal static readonly SearchValues<byte> Specials = SearchValues.Create("()<>@,;:\\\"/[]?="u8);

    /// <summary>In others, RFC 822 section 3.3.</summary>
    internal static readonly SearchValues<byte> MailSpecials = SearchValues.Create("()<>@,;:\\\".[]"u8);

    private readonly SearchValues<byte> _specials;

    private readonly List<(char Kind, byte[] Text)> _words = new(Kept);
    private readonly List<byte> _text = [];
    private ReadOnlySpan<byte> _rest;

    internal MimeWords(ReadOnlySpan<byte> value, SearchValues<byte>? specials = null)
    {
        _specials = specials ?? Specials;
        int end = value.IndexOf((byte)0);
        _rest = end < 0 ? value : value[..end];
    }

    /// <summary>Words of the group in hand that are kept.</summary>
    internal readonly int Count => _words.Count;

    /// <summary>The third one, whatever it is; a quoted one without its quotes.</summary>
    internal readonly ReadOnlySpan<byte> Third => _words[2].Text;

    /// <summary>Whether the group begins so.</summary>
    /// <param name="first">A token.</param>
    internal readonly bool Is(string first) => IsToken(0, first);

    /// <summary>Whether it begins so, and goes on with a third word.</summary>
    /// <param name="special">The second word.</param>
    internal readonly bool Is(string first, char special) => _words.Count >= Kept && IsToken(0, first) && _words[1].Kind == special;

    /// <summary>Whether it is so.</summary>
    internal readonly bool Is(string first, char special, string third) => Is(first, special) && IsToken(2, third);

    private readonly bool IsToken(int index, string text) => _words.Count > index && _words[index].Kind == Token && Ascii.EqualsIgnoreCase(_words[index].Text, text);

    /// <summary>Goes to the next group.</summary>
    internal WordsEnd Next()
    {
        _words.Clear();
        while (!_rest.IsEmpty)
        {
            byte b = Take();
            if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                continue;
            if (b == (byte)';')
                return WordsEnd.AtDelimiter;
            if (b == (byte)'(')
                PassComment();
            else if (b == (byte)'"')
                Add(Quoted, QuotedText());
            else if (IsSpecial(b))
                Add((char)b, [b]);
            else
                Add(Token, TokenText(b));
        }
        return _words.Count > 0 ? WordsEnd.AtEnd : WordsEnd.Nothing;
    }

    private readonly bool IsSpecial(byte b) => b < 32 || b == 127 || _specials.Contains(b);

    private readonly void Add(char kind, byte[] text)
    {
        if (_words.Count < Kept)
            _words.Add((kind, text));
    }

    private byte Take()
    {
        byte b = _rest[0];
        _rest = _rest[1..];
        return b;
    }

    private void PassComment()
    {
        for (int depth = 1; depth > 0 && !_rest.IsEmpty;)
        {
            switch (Take())
            {
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')':
                    depth--;
                    break;
                case (byte)'\\' when !_rest.IsEmpty:
                    _ = Take();
                    break;
            }
        }
    }

    private byte[] QuotedText()
    {
        _text.Clear();
        while (!_rest.IsEmpty)
        {
            byte b = Take();
            if (b == (byte)'"')
                break;
            if (b == (byte)'\n')
            {
                // Unfolded, without the blanks before.
                while (_text.Count > 0 && _text[^1] is (byte)' ' or (byte)'\t' or (byte)'\r')
                    _text.RemoveAt(_text.Count - 1);
                continue;
            }
            if (b == (byte)'\\')
            {
                if (_rest.IsEmpty)
                    break;
                b = Take();
            }
            _text.Add(b);
        }
        return [.. _text];
    }

    private byte[] TokenText(byte first)
    {
        int length = 0;
        while (length < _rest.Length && _rest[length] != (byte)' ' && !IsSpecial(_rest[length]))
            length++;
        byte[] text = [first, .. _rest[..length]];
        _rest = _rest[length..];
        return text;
    }
}
