using System.Text.Json;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What the running master says of itself, to whoever asks.</summary>
public static class StatusQuestion
{
    /// <summary>Master's socket, below the queue directory: whoever connects gets one line of JSON, and the end.</summary>
    public const string SocketName = "public/status";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private const int LongestReport = 4 << 20;

    /// <summary>Asks.</summary>
    /// <param name="queue">queue_directory.</param>
    /// <returns>null: nobody answers.</returns>
    public static JsonDocument? Ask(string queue)
    {
        try
        {
            string path = $"{queue}/{SocketName}";
            using Descriptor socket = Descriptor.ConnectUnix(path.Length < 100 ? path : Near(queue), s_limit);
            using MemoryStream text = new();
            Span<byte> buffer = new byte[65536];
            Deadline end = Deadline.In(s_limit);
            while (text.Length < LongestReport && socket.Wait(Readiness.Readable, end.RemainingMilliseconds).This != Readiness.None && socket.Read(buffer) is var n and not 0)
                text.Write(buffer[..Math.Max(n, 0)]);
            return JsonDocument.Parse(text.ToArray());
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    // The path of a socket must be short.
    private static string Near(string queue)
    {
        FileSystem.ChangeDirectory(queue);
        return SocketName;
    }
}
