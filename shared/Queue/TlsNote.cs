using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>What the last attempt that put mail off wanted of TLS, and got. Kept beside the content of the message's file, as <see cref="AttemptCount"/> is.</summary>
/// <remarks>For people to look at; nothing is decided by it. Of a message to several places the last one is known.</remarks>
/// <param name="NextHop">Where it went.</param>
/// <param name="Use">What it was.</param>
public sealed record TlsNote(string NextHop, TlsUse Use)
{
    private const int Longest = 1024;

    private static ReadOnlySpan<byte> Name => "user.postfix.tls\0"u8;

    /// <summary>Of an open queue file; null: nothing is known.</summary>
    public static TlsNote? Of(SafeFileHandle file)
    {
        Span<byte> octets = stackalloc byte[Longest];
        string text = ByteText.Decode(octets[..FileSystem.ReadNote(file, Name, octets)]);
        return text.IndexOf('\t', StringComparison.Ordinal) is > 0 and var end && TlsUse.FromText(text[(end + 1)..]) is { } use ? new TlsNote(text[..end], use) : null;
    }

    /// <summary>Notes it. One that is too long is not kept.</summary>
    /// <param name="path">Of the file; it may be gone.</param>
    public void Write(string path)
    {
        byte[] octets = ByteText.Encode($"{NextHop}\t{Use.ToText()}");
        if (octets.Length <= Longest)
            _ = FileSystem.TrySetNote(path, Name, octets);
    }
}
