using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>How much of the queue's file system stays free: below it no more mail is accepted, and what is queued still goes out (S1-12).</summary>
/// <param name="Bytes">queue_minfree.</param>
/// <param name="Percent">queue_minfree_percent: of the bytes and of the inodes; 0: no share.</param>
public sealed record SpaceLimit(long Bytes, int Percent)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static SpaceLimit Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new SpaceLimit(config.Get(Parameters.QueueMinfree), config.Get(Parameters.QueueMinfreePercent));
    }

    /// <summary>What is short, in words for log and operator; null: there is enough.</summary>
    /// <param name="directory">In the queue.</param>
    /// <exception cref="IOException">The system does not tell.</exception>
    public string? Shortage(string directory)
    {
        (long freeBytes, long bytes, long freeInodes, long inodes) = FileSystem.Space(directory);
        if (freeBytes < Bytes)
            return string.Create(CultureInfo.InvariantCulture, $"{freeBytes} bytes free, less than queue_minfree = {Bytes}");
        if (IsShort(freeBytes, bytes))
            return string.Create(CultureInfo.InvariantCulture, $"{freeBytes} of {bytes} bytes free, less than queue_minfree_percent = {Percent}");
        return IsShort(freeInodes, inodes)
            ? string.Create(CultureInfo.InvariantCulture, $"{freeInodes} of {inodes} inodes free, less than queue_minfree_percent = {Percent}") : null;
    }

    // Some file systems have no fixed number of inodes and tell 0.
    private bool IsShort(long free, long all) => Percent > 0 && all > 0 && free < all / 100 * Percent + all % 100 * Percent / 100;
}
