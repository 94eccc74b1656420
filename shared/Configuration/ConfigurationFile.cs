using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads the files of the configuration directory.</summary>
internal static class ConfigurationFile
{
    /// <summary>Beyond this a file is no configuration: bounds the memory of every program that reads it, which takes up to 250
    /// bytes for one of the file. Large tables have files of their own ("texthash:").</summary>
    private const int MaximumSize = 4 << 20;

    /// <exception cref="ConfigurationException">Missing, unreadable, too large, or not TOML.</exception>
    internal static TomlTable Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = FileSystem.ReadAll(path, MaximumSize);
        }
        catch (SystemCallException e)
        {
            throw new ConfigurationException(path, $"cannot be read: {e.Reason}", isForbidden: e.IsForbidden);
        }
        return Parse(bytes, path);
    }

    internal static TomlTable Parse(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return TomlDocument.Parse(bytes);
        }
        catch (TomlException e)
        {
            throw new ConfigurationException([.. e.Errors.Select(error => new ConfigurationException(path, error.Line, error.Column, error.Problem))]);
        }
    }
}
