namespace PostfixNet.Tables;

/// <summary>A table that cannot be used: what is wrong, where, and what is accepted.</summary>
/// <remarks>The message never quotes what stands in a table: it may be a password.</remarks>
/// <param name="isForbidden">Its file may not be read.</param>
public sealed class TableException(string message, bool isForbidden = false) : Exception(message)
{
    /// <summary>A file is there, but this process may not read it.</summary>
    public bool IsForbidden => isForbidden;
}
