using System.Text.Json;
using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>What the running master says of itself on <see cref="StatusSocket"/>.</summary>
internal static class StatusQuestion
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private const int LongestReport = 4 << 20;

    /// <returns>null: nobody answers.</returns>
    internal static JsonDocument? Ask(string queue)
    {
        try
        {
            string path = $"{queue}/{StatusSocket.Name}";
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
        return StatusSocket.Name;
    }
}
