using System.Globalization;
using System.Text;
using System.Text.Unicode;
using PostfixNet.Native;

namespace PostfixNet.Toml;

/// <summary>Reads a TOML 1.0 document (toml.io/en/v1.0.0) in one pass; configuration files are read at every program start.</summary>
public sealed class TomlReader
{
    /// <summary>Arrays and inline tables nest at most this deep, and a key has at most this many parts: what calls itself
    /// once per level must not run out of stack on a hostile document.</summary>
    public const int MaximumDepth = 100;

    private const char EndOfText = '\uFFFF';

    private readonly string _text;
    private readonly bool _hasSurrogates;
    // Parts of the key that was read last; used up before a value, which may hold keys itself, is read.
    private readonly List<KeyPart> _key = [];
    private StringBuilder? _builder;
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private int _depth;

    private TomlReader(string text)
    {
        _text = text;
        foreach (char c in text)
            _hasSurrogates |= char.IsSurrogate(c);
    }

    private sealed record KeyPart(string Text, int Line, int Column);

    /// <summary>Reads a document of UTF-8 bytes; a byte order mark at its start is passed over.</summary>
    /// <exception cref="TomlException">It is not valid UTF-8 or not valid TOML.</exception>
    public static TomlTable Parse(ReadOnlySpan<byte> document)
    {
        if (ShortText.FromAscii(document) is { } ascii)
            return Parse(ascii);
        if (!Utf8.IsValid(document))
            throw BadUtf8(document);
        if (document.StartsWith("\uFEFF"u8))
            document = document[3..];
        return new TomlReader(Encoding.UTF8.GetString(document)).ReadDocument();
    }

    /// <summary>Reads a document that is text already.</summary>
    /// <exception cref="TomlException">It is not valid TOML.</exception>
    public static TomlTable Parse(string document) => new TomlReader(document).ReadDocument();

    private TomlTable ReadDocument()
    {
        TomlTable root = new(TableOrigin.Header, 1, 1);
        TomlTable section = root;
        while (true)
        {
            SkipBlanks();
            switch (Current)
            {
                case EndOfText when IsAtEnd:
                    return root;
                case '\n' or '\r':
                    ReadNewLine();
                    continue;
                case '#':
                    SkipComment();
                    break;
                case '[':
                    section = ReadHeader(root);
                    break;
                default:
                    ReadKeyAndValue(section);
                    break;
            }
            SkipBlanks();
            if (Current == '#')
                SkipComment();
            if (IsAtEnd)
                return root;
            if (Current is not ('\n' or '\r'))
                throw Unexpected("the end of the line");
            ReadNewLine();
        }
    }

    // ---- Headers, keys and where they lead

    private TomlTable ReadHeader(TomlTable root)
    {
        int line = _line, column = Column;
        _at++;
        bool isArray = Current == '[';
        if (isArray)
            _at++;
        ReadKey();
        // The two brackets of [[ and ]] stand together, so no blank is skipped between them.
        if (Current != ']' || (isArray && Peek(1) != ']'))
            throw Unexpected(isArray ? "\"]]\" or \".\"" : "\"]\" or \".\"");
        _at += isArray ? 2 : 1;

        TomlTable table = root;
        for (int i = 0; i < _key.Count - 1; i++)
            table = EnterParent(table, _key[i]);
        KeyPart last = _key[^1];
        if (!table.TryGet(last.Text, out TomlEntry? entry))
        {
            TomlTable made = new(TableOrigin.Header, line, column);
            if (isArray)
            {
                TomlArray array = new(isOfTables: true, line, column);
                array.Add(made);
                table.Add(new TomlEntry(last.Text, last.Line, last.Column, array));
            }
            else
            {
                table.Add(new TomlEntry(last.Text, last.Line, last.Column, made));
            }
            return made;
        }
        if (isArray && entry.Value is TomlArray { IsOfTables: true } existing)
        {
            TomlTable made = new(TableOrigin.Header, line, column);
            existing.Add(made);
            return made;
        }
        if (!isArray && entry.Value is TomlTable { Origin: TableOrigin.Parent } parent)
        {
            parent.Origin = TableOrigin.Header;
            return parent;
        }
        throw Defined(last, entry);
    }

    private static TomlTable EnterParent(TomlTable table, KeyPart part)
    {
        if (!table.TryGet(part.Text, out TomlEntry? entry))
        {
            TomlTable made = new(TableOrigin.Parent, part.Line, part.Column);
            table.Add(new TomlEntry(part.Text, part.Line, part.Column, made));
            return made;
        }
        return entry.Value switch
        {
            TomlTable { Origin: not TableOrigin.Inline } found => found,
            TomlArray { IsOfTables: true } array => array.LastTable,
            _ => throw Closed(part, entry),
        };
    }

    private void ReadKeyAndValue(TomlTable table)
    {
        ReadKey();
        if (Current != '=')
            throw Unexpected("\"=\" after the key");
        _at++;
        for (int i = 0; i < _key.Count - 1; i++)
        {
            KeyPart part = _key[i];
            if (!table.TryGet(part.Text, out TomlEntry? entry))
            {
                TomlTable made = new(TableOrigin.DottedKey, part.Line, part.Column);
                table.Add(new TomlEntry(part.Text, part.Line, part.Column, made));
                table = made;
            }
            else
            {
                // A table that so far is only the parent of another may be defined, once, by a header or by dotted keys.
                table = entry.Value is TomlTable { Origin: TableOrigin.DottedKey or TableOrigin.Parent } found ? found : throw Closed(part, entry);
                table.Origin = TableOrigin.DottedKey;
            }
        }
        KeyPart last = _key[^1];
        if (table.TryGet(last.Text, out TomlEntry? earlier))
            throw Defined(last, earlier);
        SkipBlanks();
        table.Add(new TomlEntry(last.Text, last.Line, last.Column, ReadValue()));
    }

    /// <summary>Reads a dotted key into <see cref="_key"/>, with the blanks around it.</summary>
    private void ReadKey()
    {
        _key.Clear();
        while (true)
        {
            SkipBlanks();
            int line = _line, column = Column;
            string text;
            if (Current is '"' or '\'')
            {
                if (Current == Peek(1) && Current == Peek(2))
                    throw Error("a key cannot be a multi-line string");
                text = Current == '"' ? ReadBasicString() : ReadLiteralString();
            }
            else
            {
                int start = _at;
                while (IsBareKey(Current))
                    _at++;
                if (_at == start)
                    throw Unexpected("a key (letters, digits, \"_\", \"-\", or a quoted string)");
                text = _text[start.._at];
            }
            if (_key.Count == MaximumDepth)
                throw Error($"the key has more than {MaximumDepth} parts");
            _key.Add(new KeyPart(text, line, column));
            SkipBlanks();
            if (Current != '.')
                return;
            _at++;
        }
    }

    private static bool IsBareKey(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private static TomlException Defined(KeyPart key, TomlEntry earlier) =>
        new(key.Line, key.Column, $"\"{Shown(key.Text)}\" is already defined in line {earlier.Line}");

    private static TomlException Closed(KeyPart key, TomlEntry earlier) => new(key.Line, key.Column, earlier.Value is TomlTable
        ? $"the table \"{Shown(key.Text)}\" of line {earlier.Line} is complete, nothing can be added to it here"
        : $"\"{Shown(key.Text)}\" of line {earlier.Line} is no table but of kind {earlier.Value.Kind}");

    // ---- Values

    private TomlNode ReadValue()
    {
        int line = _line, column = Column;
        switch (Current)
        {
            case '"':
                return new TomlString(IsTriple('"') ? ReadMultiLine('"') : ReadBasicString(), line, column);
            case '\'':
                return new TomlString(IsTriple('\'') ? ReadMultiLine('\'') : ReadLiteralString(), line, column);
            case '[':
                return ReadArray(line, column);
            case '{':
                return ReadInlineTable(line, column);
            case 't' when TakeWord("true"):
                return new TomlBoolean(true, line, column);
            case 'f' when TakeWord("false"):
                return new TomlBoolean(false, line, column);
            case (>= '0' and <= '9') or '+' or '-' or 'i' or 'n':
                return ReadNumberOrDate(line, column);
            default:
                throw Unexpected("a value (a string in quotes, a number, true, false, a date, [array] or {table})");
        }
    }

    private TomlArray ReadArray(int line, int column)
    {
        Deepen();
        _at++;
        TomlArray array = new(isOfTables: false, line, column);
        while (true)
        {
            SkipBlanksCommentsAndLines();
            if (Current == ']')
                break;
            array.Add(ReadValue());
            SkipBlanksCommentsAndLines();
            if (Current == ']')
                break;
            if (Current != ',')
                throw Unexpected("\",\" or \"]\" in the array");
            _at++;
        }
        _at++;
        _depth--;
        return array;
    }

    private TomlTable ReadInlineTable(int line, int column)
    {
        Deepen();
        _at++;
        TomlTable table = new(TableOrigin.Inline, line, column);
        SkipBlanks();
        while (Current != '}')
        {
            if (table.Entries.Count > 0)
            {
                if (Current != ',')
                    throw Unexpected("\",\" or \"}\" in the inline table, which ends in the line where it begins");
                _at++;
            }
            ReadKeyAndValue(table);
            SkipBlanks();
        }
        _at++;
        _depth--;
        return table;
    }

    private void Deepen()
    {
        if (++_depth > MaximumDepth)
            throw Error($"arrays and inline tables are nested more than {MaximumDepth} deep");
    }

    // ---- Strings

    private bool IsTriple(char quote) => Current == quote && Peek(1) == quote && Peek(2) == quote;

    private string ReadLiteralString()
    {
        int line = _line, column = Column;
        int start = ++_at;
        while (Current != '\'')
        {
            CheckStringCharacter(line, column, isMultiLine: false);
            _at++;
        }
        return _text[start.._at++];
    }

    private string ReadBasicString()
    {
        int line = _line, column = Column;
        int start = ++_at;
        StringBuilder? built = null;
        while (Current != '"')
        {
            if (Current == '\\')
            {
                built ??= _builder ??= new StringBuilder();
                if (start >= 0)
                {
                    built.Clear();
                    built.Append(_text, start, _at - start);
                    start = -1;
                }
                ReadEscape(built);
                continue;
            }
            CheckStringCharacter(line, column, isMultiLine: false);
            if (start < 0)
                built!.Append(Current);
            _at++;
        }
        string text = start >= 0 ? _text[start.._at] : built!.ToString();
        _at++;
        return text;
    }

    private string ReadMultiLine(char quote)
    {
        int line = _line, column = Column;
        StringBuilder built = _builder ??= new StringBuilder();
        built.Clear();
        _at += 3;
        if (Current is '\n' or '\r')
            ReadNewLine();
        while (true)
        {
            char c = Current;
            if (c == quote)
            {
                int run = 1;
                while (run < 5 && Peek(run) == quote)
                    run++;
                // Up to two quotes may stand before the three that end the string.
                _at += run;
                built.Append(quote, run >= 3 ? run - 3 : run);
                if (run >= 3)
                    return built.ToString();
            }
            else if (c == '\\' && quote == '"')
            {
                if (!SkipLineContinuation())
                    ReadEscape(built);
            }
            else if (c is '\n' or '\r')
            {
                ReadNewLine();
                built.Append('\n');
            }
            else
            {
                CheckStringCharacter(line, column, isMultiLine: true);
                built.Append(c);
                _at++;
            }
        }
    }

    /// <summary>A backslash at the end of a line swallows all blanks and line ends up to the next character.</summary>
    private bool SkipLineContinuation()
    {
        int ahead = 1;
        while (Peek(ahead) is ' ' or '\t')
            ahead++;
        if (Peek(ahead) is not ('\n' or '\r'))
            return false;
        _at += ahead;
        while (Current is '\n' or '\r' or ' ' or '\t')
        {
            if (Current is '\n' or '\r')
                ReadNewLine();
            else
                _at++;
        }
        return true;
    }

    private void ReadEscape(StringBuilder built)
    {
        char c = Peek(1);
        switch (c)
        {
            case 'b': built.Append('\b'); break;
            case 't': built.Append('\t'); break;
            case 'n': built.Append('\n'); break;
            case 'f': built.Append('\f'); break;
            case 'r': built.Append('\r'); break;
            case '"': built.Append('"'); break;
            case '\\': built.Append('\\'); break;
            case 'u' or 'U':
                int digits = c == 'u' ? 4 : 8;
                uint code = 0;
                for (int i = 0; i < digits; i++)
                {
                    char digit = Peek(2 + i);
                    if (!char.IsAsciiHexDigit(digit))
                        throw Error($"\"\\{c}\" needs {digits} hexadecimal digits");
                    code = (code << 4) | (uint)HexValue(digit);
                }
                if (!Rune.TryCreate(code, out Rune rune))
                    throw Error($"\"\\{c}\" names no Unicode character: surrogates and numbers above 10FFFF are none");
                built.Append(rune.ToString());
                _at += digits;
                break;
            default:
                throw Error("unknown escape; expected \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX or \\UXXXXXXXX");
        }
        _at += 2;
    }

    private void CheckStringCharacter(int startLine, int startColumn, bool isMultiLine)
    {
        char c = Current;
        if (c == EndOfText && IsAtEnd)
            throw Error($"the string that begins at {startLine}:{startColumn} is not closed");
        if (c is '\n' or '\r' && !isMultiLine)
            throw Error($"the string that begins at {startLine}:{startColumn} is not closed in its line");
        if (IsControl(c))
            throw Error($"control character {Name(c)} in a string; write \\u{(int)c:X4} in a string with double quotes");
    }

    // ---- Numbers and dates

    private TomlNode ReadNumberOrDate(int line, int column)
    {
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '+' or '-' or '.' or '_' or ':')
            _at++;
        ReadOnlySpan<char> word = _text.AsSpan(start, _at - start);
        if (TomlDate.LooksLikeDateOrTime(word))
        {
            // One blank may stand between date and time.
            if (word.Length == 10 && Current == ' ' && char.IsAsciiDigit(Peek(1)) && char.IsAsciiDigit(Peek(2)) && Peek(3) == ':')
            {
                _at++;
                while (char.IsAsciiLetterOrDigit(Current) || Current is '+' or '-' or '.' or ':')
                    _at++;
                word = _text.AsSpan(start, _at - start);
            }
            if (TomlDate.TryRead(word, out TomlDateKind form, out string? text))
                return new TomlDateTime(form, text, line, column);
            throw new TomlException(line, column, $"\"{Shown(word)}\" is no date or time; expected e.g. 2026-11-21T05:30:37Z, 2026-11-21 or 05:30:37");
        }

        if (TomlNumber.TryReadInteger(word, out long integer, out bool isTooLarge))
            return new TomlInteger(integer, line, column);
        if (isTooLarge)
            throw new TomlException(line, column, $"the integer is outside {long.MinValue} to {long.MaxValue}");
        if (TomlNumber.TryReadFloat(word, out double number, out string? digits))
            return new TomlFloat(number, digits, line, column);
        throw new TomlException(line, column, $"\"{Shown(word)}\" is no value; expected a number such as 10, 1_000, 0xFF or 1.5e3, true, false, or text in quotes");
    }

    // ---- Characters, blanks, lines

    private char Current => _at < _text.Length ? _text[_at] : EndOfText;

    private bool IsAtEnd => _at >= _text.Length;

    private char Peek(int ahead) => _at + ahead < _text.Length ? _text[_at + ahead] : EndOfText;

    private bool TakeWord(string word)
    {
        for (int i = 0; i < word.Length; i++)
        {
            if (Peek(i) != word[i])
                return false;
        }
        if (IsBareKey(Peek(word.Length)))
            return false;
        _at += word.Length;
        return true;
    }

    private void SkipBlanks()
    {
        while (Current is ' ' or '\t')
            _at++;
    }

    private void SkipBlanksCommentsAndLines()
    {
        while (true)
        {
            SkipBlanks();
            if (Current == '#')
                SkipComment();
            if (Current is not ('\n' or '\r'))
                return;
            ReadNewLine();
        }
    }

    private void SkipComment()
    {
        while (!IsAtEnd && Current is not ('\n' or '\r'))
        {
            if (IsControl(Current))
                throw Error($"control character {Name(Current)} in a comment");
            _at++;
        }
    }

    private void ReadNewLine()
    {
        if (Current == '\r')
        {
            if (Peek(1) != '\n')
                throw Error("a carriage return without line feed; lines end in LF or CR LF");
            _at++;
        }
        _at++;
        _line++;
        _lineStart = _at;
    }

    private static bool IsControl(char c) => c is < ' ' and not '\t' or '\x7F';

    private static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    // ---- Errors

    private int Column => ColumnOf(_at);

    private int ColumnOf(int at)
    {
        int column = at - _lineStart + 1;
        if (_hasSurrogates)
        {
            // A character beyond U+FFFF takes two places in a string and one in an editor.
            for (int i = _lineStart; i < at; i++)
                column -= char.IsLowSurrogate(_text[i]) ? 1 : 0;
        }
        return column;
    }

    private TomlException Error(string problem) => new(_line, Column, problem);

    private TomlException Unexpected(string expected) => Error($"expected {expected}, not {FoundHere()}");

    private string FoundHere() => Current switch
    {
        _ when IsAtEnd => "the end of the file",
        '\n' or '\r' => "the end of the line",
        char c when char.IsSurrogate(c) => "this character",
        char c when IsControl(c) || char.IsControl(c) => $"control character {Name(c)}",
        char c => $"\"{c}\"",
    };

    private static string Name(char c) => string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}");

    /// <summary>Text from the document, fit for one line of a message.</summary>
    private static string Shown(ReadOnlySpan<char> text)
    {
        string shown = (text.Length > 40 ? text[..40] : text).ToString();
        foreach (char c in shown)
        {
            if (char.IsControl(c))
                shown = shown.Replace(c, '?');
        }
        return text.Length > 40 ? shown + "..." : shown;
    }

    private static TomlException BadUtf8(ReadOnlySpan<byte> document)
    {
        int line = 1, column = 1;
        while (Rune.DecodeFromUtf8(document, out Rune rune, out int used) == System.Buffers.OperationStatus.Done)
        {
            column++;
            if (rune.Value == '\n')
                (line, column) = (line + 1, 1);
            document = document[used..];
        }
        return new TomlException(line, column, $"byte 0x{document[0]:X2} is not UTF-8; the file must be UTF-8 text");
    }
}
