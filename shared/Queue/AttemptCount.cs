using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>How often the delivery of a message was tried. Kept beside the content of its file, in an extended attribute: it follows the file through the
/// queues, programs of Postfix do not see it, and where a file system keeps none, or a copy leaves it behind, it counts anew.</summary>
/// <remarks>For people to look at; nothing is decided by it but what an operator selects.</remarks>
public static class AttemptCount
{
    private static ReadOnlySpan<byte> Name => "user.postfix.attempts\0"u8;

    /// <summary>Of an open queue file; 0 also when it is not known.</summary>
    public static int Of(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[12];
        int length = FileSystem.ReadNote(file, Name, text);
        return Utf8Parser.TryParse(text[..length], out int count, out int used) && used == length && count > 0 ? count : 0;
    }

    /// <summary>Notes it.</summary>
    /// <param name="path">Of the file; it may be gone.</param>
    /// <param name="count">1 or more.</param>
    public static void Note(string path, int count)
    {
        Span<byte> text = stackalloc byte[12];
        if (Utf8Formatter.TryFormat(count, text, out int length))
            _ = FileSystem.TrySetNote(path, Name, text[..length]);
    }
}
