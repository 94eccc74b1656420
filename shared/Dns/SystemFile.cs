using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Dns;

/// <summary>A small system file, which may hold anything.</summary>
internal static class SystemFile
{
    /// <summary>Its text, and no more of it than <paramref name="mostBytes"/>; octets become the characters of the same number.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static string Read(string path, int mostBytes)
    {
        using SafeFileHandle file = FileSystem.OpenRegular(path);
        byte[] buffer = new byte[mostBytes];
        return Encoding.Latin1.GetString(buffer, 0, FileSystem.ReadAt(file, buffer, 0));
    }

    /// <summary>The words of a line.</summary>
    internal static string[] Words(string line) => line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
