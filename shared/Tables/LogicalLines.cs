using PostfixNet.Mail;

namespace PostfixNet.Tables;

/// <summary>A line with those that continue it.</summary>
/// <param name="Number">Of its first line: 1, 2, ...</param>
/// <param name="Text">Without the line ends, and without blanks at its end.</param>
internal readonly record struct LogicalLine(int Number, string Text);

/// <summary>The lines of the files that Postfix's tables are in.</summary>
/// <remarks>Lines whose first character is a blank continue the line before; empty lines and lines whose first non-blank character
/// is "#" are passed over, also between continued lines.</remarks>
internal static class LogicalLines
{
    internal static readonly char[] Blanks = [' ', '\t', '\r', '\v', '\f'];

    /// <exception cref="FormatException">"line: what is wrong".</exception>
    internal static IEnumerable<LogicalLine> Of(byte[] file)
    {
        System.Text.StringBuilder logical = new();
        int first = 0, line = 0;
        for (int at = 0; at < file.Length;)
        {
            int length = file.AsSpan(at).IndexOf((byte)'\n');
            ReadOnlySpan<byte> bytes = length < 0 ? file.AsSpan(at) : file.AsSpan(at, length);
            at += bytes.Length + 1;
            line++;
            string text = ByteText.Decode(bytes is [.. var before, (byte)'\r'] ? before : bytes);
            ReadOnlySpan<char> trimmed = text.AsSpan().TrimStart(Blanks);
            if (trimmed.Length == 0 || trimmed[0] == '#')
                continue;
            if (!IsBlank(text[0]))
            {
                if (logical.Length > 0)
                    yield return new LogicalLine(first, logical.ToString().TrimEnd(Blanks));
                first = line;
                logical.Clear();
            }
            else if (logical.Length == 0)
            {
                throw new FormatException($"{line}: a line that begins with a blank continues the line before, and there is none");
            }
            logical.Append(text);
        }
        if (logical.Length > 0)
            yield return new LogicalLine(first, logical.ToString().TrimEnd(Blanks));
    }

    internal static bool IsBlank(char c) => c is ' ' or '\t' or '\r' or '\v' or '\f';
}
