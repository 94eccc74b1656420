using System.Buffers;

namespace PostfixNet.Mail;

/// <summary>Text from elsewhere made fit for a log line or a terminal.</summary>
public static class PrintableText
{
    /// <summary>The text with '?' for each control character, and for each byte that is no UTF-8 (a lone surrogate here, see
    /// <see cref="ByteText"/>).</summary>
    public static string Of(string text) => Replace(text, keepControls: false);

    /// <summary>The text of a peer with '?' also for what would mean something in a header, or in a field of a log line: blanks, and
    /// <c>&lt; &gt; ( ) \ " ; @</c>.</summary>
    public static string Neutral(string text)
    {
        string printable = Of(text);
        return printable.AsSpan().IndexOfAny(s_meaning) < 0 ? printable : string.Concat(printable.Select(static c => s_meaning.Contains(c) ? '?' : c));
    }

    private static readonly SearchValues<char> s_meaning = SearchValues.Create(" <>()\\\";@");

    /// <summary>The text with '?' for each byte that is no UTF-8; control characters are for the caller to escape.</summary>
    public static string ValidUnicode(string text) => Replace(text, keepControls: true);

    private static string Replace(string text, bool keepControls)
    {
        // Mostly there is nothing.
        int i = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (i < 0)
            return text;
        while (i < text.Length && !IsBad(text, i, keepControls))
            i++;
        return i == text.Length ? text : string.Create(text.Length, (text, keepControls), static (clean, from) =>
        {
            for (int i = 0; i < clean.Length; i++)
                clean[i] = IsBad(from.text, i, from.keepControls) ? '?' : from.text[i];
        });
    }

    private static bool IsBad(string text, int i, bool keepControls)
    {
        char c = text[i];
        if (char.IsHighSurrogate(c))
            return i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]);
        if (char.IsLowSurrogate(c))
            return i == 0 || !char.IsHighSurrogate(text[i - 1]);
        return !keepControls && char.IsControl(c);
    }
}
