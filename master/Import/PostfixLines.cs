using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>A line of main.cf or master.cf with those that continue it.</summary>
/// <param name="Number">Of its first line: 1, 2, ...</param>
/// <param name="Text">With the line ends before continuations.</param>
/// <param name="BeginsWithBlank">It looks like a continuation, and there is nothing that it could continue.</param>
internal sealed record PostfixLine(int Number, string Text, bool BeginsWithBlank);

/// <summary>The lines of Postfix's configuration files.</summary>
/// <remarks>Lines that begin with a blank continue the line before. Empty lines and comments are passed over, also between continued lines.</remarks>
internal static class PostfixLines
{
    private const int LargestFile = 16 << 20;
    private const int LongestLine = 1 << 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ConfigurationException">The file is too large, a line too long, or something in it is no text.</exception>
    /// <exception cref="SystemCallException">It cannot be read.</exception>
    internal static IReadOnlyList<PostfixLine> Read(string path) => Of(FileSystem.ReadAll(path, LargestFile), path);

    /// <param name="path">For messages.</param>
    /// <inheritdoc cref="Read"/>
    internal static IReadOnlyList<PostfixLine> Of(byte[] file, string path)
    {
        List<PostfixLine> lines = [];
        StringBuilder logical = new();
        (int first, int number, bool beginsWithBlank) = (0, 0, false);
        for (int at = 0; at < file.Length;)
        {
            int length = file.AsSpan(at).IndexOf((byte)'\n');
            ReadOnlySpan<byte> bytes = length < 0 ? file.AsSpan(at) : file.AsSpan(at, length);
            at += bytes.Length + 1;
            number++;
            ReadOnlySpan<byte> content = bytes.TrimStart(" \t\r\v\f"u8);
            if (content.Length == 0 || content[0] == '#')
                continue;
            if (bytes.Length + logical.Length > LongestLine)
                throw new ConfigurationException(path, number, 1, "a line of more than 1 MB; this is no configuration of Postfix");
            string text = Decode(bytes, path, number);
            bool isContinuation = content.Length < bytes.Length;
            if (!isContinuation || logical.Length == 0)
            {
                Add();
                (first, beginsWithBlank) = (number, isContinuation);
            }
            else
            {
                logical.Append('\n');
            }
            logical.Append(text);
        }
        Add();
        return lines;

        void Add()
        {
            if (logical.Length > 0)
                lines.Add(new PostfixLine(first, logical.ToString().Trim(), beginsWithBlank));
            logical.Clear();
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string path, int number)
    {
        try
        {
            string text = s_strict.GetString(bytes).TrimEnd();
            return text.AsSpan().IndexOfAnyInRange('\0', '\x08') < 0 && !text.Contains('\x7f', StringComparison.Ordinal) ? text
                : throw new ConfigurationException(path, number, 1, "control characters; this is no configuration of Postfix");
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException(path, number, 1, "octets that are no UTF-8 text");
        }
    }
}
