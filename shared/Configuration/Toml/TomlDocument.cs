using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace PostfixNet.Toml;

/// <summary>Reads TOML 1.1 (toml.io/en/v1.1.0): Tomlyn's syntax tree, made into <see cref="TomlNode"/>s.</summary>
/// <remarks>Only the syntax of Tomlyn is used, whose nodes know their places; its serializer would need reflection.</remarks>
public static class TomlDocument
{
    /// <summary>Arrays and inline tables nest at most this deep, and a key has at most this many parts: what calls itself
    /// once per level must not run out of stack on a hostile document.</summary>
    public const int MaximumDepth = 100;

    /// <summary>Errors reported of one document.</summary>
    internal const int MostErrors = 10;

    // The document is the first level that Tomlyn counts.
    private static readonly TomlSerializerOptions s_options = new() { MaxDepth = MaximumDepth + 1 };
    private static readonly TomlLexerOptions s_lexing = new() { DecodeScalars = true };

    /// <summary>Reads a document of UTF-8 bytes; a byte order mark at its start is passed over.</summary>
    /// <exception cref="TomlException">It is not valid UTF-8 or not valid TOML.</exception>
    public static TomlTable Parse(ReadOnlySpan<byte> document)
    {
        if (!Utf8.IsValid(document))
            throw new TomlException([NotUtf8(document)]);
        if (document.StartsWith("\uFEFF"u8))
            document = document[3..];
        return Parse(Encoding.UTF8.GetString(document));
    }

    /// <summary>Reads a document that is text already.</summary>
    /// <exception cref="TomlException">It is not valid TOML.</exception>
    public static TomlTable Parse(string document)
    {
        // Tomlyn reads on behind a backslash at the very end.
        if (!document.EndsWith('\n'))
            document += document.EndsWith('\r') ? " \n" : "\n";
        List<TomlError> errors = [];
        DocumentSyntax syntax = Read(document, errors, out int from, out int end);
        if (errors.Count > 0)
        {
            // What else is wrong shows when the statement is gone that could not be read; else half of what comes up would
            // only follow from the first mistake.
            for (int found = 0; errors.Count > found && errors.Count < MostErrors && end > from; found++)
            {
                document = Blank(document, from, end);
                _ = Read(document, errors, out from, out end);
            }
            throw new TomlException(errors);
        }
        TomlTable root = new TomlTree(errors).Build(syntax);
        return errors.Count == 0 ? root : throw new TomlException(errors);
    }

    /// <summary>Parses, and adds the first error, if there is one.</summary>
    /// <param name="from">Where the statement begins that has the error; </param>
    /// <param name="end">where it ends; not beyond its beginning: nothing more can be found out.</param>
    private static DocumentSyntax Read(string document, List<TomlError> errors, out int from, out int end)
    {
        from = end = 0;
        TomlLexer lexer = TomlLexer.Create(document, s_lexing);
        DocumentSyntax syntax;
        try
        {
            syntax = SyntaxParser.Parse(lexer, s_options, validate: false);
        }
        catch (Tomlyn.TomlException)
        {
            // The exception has no position; the next token has.
            _ = lexer.MoveNext();
            errors.Add(new TomlError(lexer.Current.Start.Line + 1, lexer.Current.Start.Column + 1, $"arrays and inline tables are nested more than {MaximumDepth} deep"));
            return new DocumentSyntax();
        }
        if (!syntax.HasErrors)
            return syntax;

        // Those of the parser come first, then those of the lexer; each kind in order.
        DiagnosticMessage diagnostic = syntax.Diagnostics[0];
        DiagnosticMessage? lexical = lexer.Errors.FirstOrDefault();
        if (lexical is not null && lexical.Span.Start.Offset <= diagnostic.Span.Start.Offset)
            diagnostic = lexical;
        TextPosition place = diagnostic.Span.Start;
        KeyValueSyntax? statement = StatementAt(syntax, place);
        string problem = (diagnostic == lexical || statement is null ? null : SyntaxProblem.Of(statement, document, place.Offset)) ?? SyntaxProblem.OneLine(diagnostic.Message);
        if (statement is not null && statement.Span.Start.Line < place.Line)
            problem += $" (in the value that begins in line {statement.Span.Start.Line + 1})";
        errors.Add(new TomlError(place.Line + 1, place.Column + 1, problem));

        // Where a list that has lines of its own would have ended cannot be told.
        if (statement is { Value: ArraySyntax { CloseBracket: null } or InlineTableSyntax { CloseBrace: null } } && statement.Span.Start.Line < place.Line)
            return syntax;
        from = LineStart(document, statement?.Span.Start.Offset ?? place.Offset);
        end = LineEnd(document, Math.Max(place.Offset, statement?.Span.End.Offset ?? 0));
        return syntax;
    }

    /// <summary>The key and value that a place is in, or that begin before it in its line.</summary>
    private static KeyValueSyntax? StatementAt(DocumentSyntax syntax, TextPosition place)
    {
        KeyValueSyntax? last = null;
        IEnumerable<KeyValueSyntax> all = syntax.KeyValues;
        foreach (KeyValueSyntax statement in all.Concat(syntax.Tables.SelectMany(table => table.Items)))
        {
            if (statement.Span.Start.Offset > place.Offset)
                break;
            last = statement;
        }
        return last is not null && (last.Span.Start.Line == place.Line || last.Span.End.Offset >= place.Offset) ? last : null;
    }

    private static int LineStart(string document, int at) => at == 0 ? 0 : document.LastIndexOf('\n', Math.Min(at, document.Length) - 1) + 1;

    private static int LineEnd(string document, int at) => document.IndexOf('\n', Math.Min(at, document.Length)) is >= 0 and int end ? end : document.Length;

    // Lines stay lines: the places of all else are the same.
    private static string Blank(string document, int from, int end) => string.Create(document.Length, (document, from, end), static (text, part) =>
    {
        part.document.CopyTo(text);
        foreach (ref char c in text[part.from..part.end])
            c = c == '\n' ? c : ' ';
    });

    private static TomlError NotUtf8(ReadOnlySpan<byte> document)
    {
        int line = 1, column = 1;
        while (Rune.DecodeFromUtf8(document, out Rune rune, out int used) == OperationStatus.Done)
        {
            column++;
            if (rune.Value == '\n')
                (line, column) = (line + 1, 1);
            document = document[used..];
        }
        return new TomlError(line, column, $"byte 0x{document[0]:X2} is not UTF-8; the file must be UTF-8 text");
    }
}
