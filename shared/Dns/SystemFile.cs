using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Dns;

/// <summary>A small system file, which may hold anything.</summary>
internal static class SystemFile
{
    /// <summary>Its text, and no more of it than <paramref name="mostBytes"/>; octets become the characters of the same number.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    internal static string Read(string path, int mostBytes)
    {
        // Not FileSystem.Open: resolv.conf often is a symbolic link, made by root.
        using SafeFileHandle file = File.OpenHandle(path);
        byte[] buffer = new byte[mostBytes];
        int length = 0;
        while (length < mostBytes && RandomAccess.Read(file, buffer.AsSpan(length), length) is int n and > 0)
            length += n;
        return Encoding.Latin1.GetString(buffer, 0, length);
    }

    /// <summary>The words of a line.</summary>
    internal static string[] Words(string line) => line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
