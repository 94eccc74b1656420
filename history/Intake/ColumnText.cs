using PostfixNet.Mail;

namespace PostfixNet.History;

/// <summary>Text of mail as a column of a database takes it, and as it is found again: what strangers wrote, made harmless and bounded.</summary>
internal static class ColumnText
{
    // An index of PostgreSQL has no entries above 2700 bytes.
    private const int Longest = 500, LongestReply = 2000;

    /// <summary>Without control characters and what is no Unicode, and cut.</summary>
    internal static string? Of(string? text) => Cut(text, Longest);

    /// <summary>The same for text that is not searched for.</summary>
    internal static string? Reply(string? text) => Cut(text, LongestReply);

    /// <summary>What an address is found by: case does not matter.</summary>
    internal static string? Folded(string? address) => Of(address)?.ToLowerInvariant();

    /// <summary>What is found by the domain of an address; "" of one without.</summary>
    internal static string? DomainOf(string? address) => Folded(address) is { } folded ? folded[(folded.LastIndexOf('@') is var at and >= 0 ? at + 1 : folded.Length)..] : null;

    /// <summary>A message-id without its brackets.</summary>
    internal static string? MessageId(string? text) => Of(text?.Trim().TrimStart('<').TrimEnd('>'));

    private static string? Cut(string? text, int longest)
    {
        if (text is null)
            return null;
        string printable = PrintableText.Of(text);
        return printable.Length <= longest ? printable : printable[..(char.IsHighSurrogate(printable[longest - 1]) ? longest - 1 : longest)];
    }
}
