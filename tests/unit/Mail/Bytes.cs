namespace PostfixNet.UnitTests.Mail;

/// <summary>Attributes of test methods cannot hold lone surrogates; tables spell the byte 0xE4 as U+F7E4.</summary>
internal static class Bytes
{
    public static string Text(string table) => string.Concat(table.Select(c => c is >= '\uF780' and <= '\uF7FF' ? (char)(c - 0xF700 + 0xDC00) : c));
}
