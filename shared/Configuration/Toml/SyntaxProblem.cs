using PostfixNet.Mail;
using Tomlyn.Syntax;

namespace PostfixNet.Toml;

/// <summary>Says what is wrong with a key and value in words for operators: the three mistakes that people make. The rest is
/// said in the parser's words.</summary>
internal static class SyntaxProblem
{
    private const int LongestProblem = 300;

    /// <param name="statement">What was read of it.</param>
    /// <param name="document">The text it stands in.</param>
    /// <param name="at">Where it could not be read on.</param>
    /// <returns>null: some other mistake.</returns>
    internal static string? Of(KeyValueSyntax statement, string document, int at) => statement switch
    {
        { Key: not { Key: not null } } => null,
        { EqualToken: null } when statement.Key.DotKeys.All(part => part.Key is not null) => $"expected \"=\" after the key, not {Found(document, at)}",
        { EqualToken: not null, Value: null } => NoValue(document, at),
        { Value: ArraySyntax { CloseBracket: null } array } when array.Items.LastOrDefault() is { Value: null } => NoValue(document, at),
        { Value: ArraySyntax { CloseBracket: null } or InlineTableSyntax { CloseBrace: null } } => null,
        { EndOfLineToken: InvalidSyntaxToken } => $"expected the end of the line, not {Found(document, at)}; text must stand in quotes",
        _ => null,
    };

    /// <summary>Text from a document, fit for one line of a message.</summary>
    internal static string OneLine(string text)
    {
        string shown = text.Length > LongestProblem ? text[..LongestProblem] + "..." : text;
        return PrintableText.Of(shown);
    }

    private static string NoValue(string document, int at) =>
        $"expected a value (text in quotes, a number, true, false, a date, [array] or {{table}}), not {Found(document, at)}";

    private static string Found(string document, int at) => document[Math.Min(at, document.Length - 1)] switch
    {
        '\n' or '\r' => "the end of the line",
        '"' => "a quotation mark",
        char c when char.IsControl(c) || char.IsSurrogate(c) => "this character",
        char c => $"\"{c}\"",
    };
}
