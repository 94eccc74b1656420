using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What the caller handed over, octet by octet: the runtime makes U+FFFD of what is no UTF-8.</summary>
public static class Caller
{
    private const char Lost = '\uFFFD';

    /// <summary>The name that the program was called by, without its directory.</summary>
    /// <remarks>The runtime tells the program's file; under which of its names it was called, only the system knows, and without /proc nobody.</remarks>
    public static string ProgramName()
    {
        string path;
        try
        {
            path = Strings("/proc/self/cmdline")[0];
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            path = Environment.GetCommandLineArgs()[0];
        }
        return path[(path.LastIndexOf('/') + 1)..];
    }

    /// <summary>The arguments as <see cref="ByteText"/>.</summary>
    public static string[] Arguments(string[] arguments) =>
        arguments.Any(static a => a.Contains(Lost)) && Strings("/proc/self/cmdline") is { } words && words.Count >= arguments.Length
            ? [.. words.TakeLast(arguments.Length)] : arguments;

    /// <summary>A variable of the environment as <see cref="ByteText"/>; null when there is none.</summary>
    public static string? Variable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name);
        return value is null || !value.Contains(Lost) ? value
            : Strings("/proc/self/environ").Find(v => v.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? value;
    }

    // Each ends with a NUL. The system does not tell the size of these files.
    private static List<string> Strings(string path)
    {
        using SafeFileHandle file = FileSystem.Open(path);
        byte[] bytes = new byte[4096];
        int length = 0;
        while (FileSystem.ReadAt(file, bytes.AsSpan(length), length) is var n and > 0)
        {
            length += n;
            if (length == bytes.Length)
                Array.Resize(ref bytes, 2 * length);
        }
        List<string> strings = [];
        ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
        while (rest.Length > 0)
        {
            int end = rest.IndexOf((byte)0);
            if (end < 0)
                end = rest.Length;
            strings.Add(ByteText.Decode(rest[..end]));
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }
        return strings.Count > 0 ? strings : [""];
    }
}
