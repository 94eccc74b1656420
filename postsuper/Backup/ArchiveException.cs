namespace PostfixNet.Postsuper.Backup;

/// <summary>An archive is not what a backup writes, or not whole.</summary>
/// <param name="message">One line.</param>
/// <param name="inner">Where it was found.</param>
internal sealed class ArchiveException(string message, Exception? inner = null) : IOException(message, inner);
