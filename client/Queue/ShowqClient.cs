using System.Buffers.Binary;
using System.Net.Sockets;

namespace PostfixNet.Client.Queue;

/// <summary>Asks the service showq, which tells users of the host what is in the queue.</summary>
internal static class ShowqClient
{
    // As the service has it.
    private const int LongestFrame = 4 << 20;

    internal static async Task<MessageStatus?> GetStatus(string path, string queueId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(timeout);
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), end.Token).ConfigureAwait(false);
            using NetworkStream stream = new(socket);
            await stream.WriteAsync(Attributes.Frame(("request", "explain"), ("what", queueId), ("only", "id")), end.Token).ConfigureAwait(false);
            MessageStatus? found = null;
            while (true)
            {
                Attributes answer = await Read(stream, end.Token).ConfigureAwait(false);
                if (answer.Text("refused") is { } why)
                    throw new MailQueueNotSupportedException($"{path}: {why}");
                if (answer.Number("total") is not null)
                    return found;
                if (answer.Text("queue_id") == queueId)
                    found = StatusOf(answer);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MailQueueUnavailableException($"{path}: no answer within {timeout.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            throw new MailQueueUnavailableException($"{path}: {e.Message}", e);
        }
    }

    private static async Task<Attributes> Read(NetworkStream stream, CancellationToken end)
    {
        byte[] head = new byte[4];
        await stream.ReadExactlyAsync(head, end).ConfigureAwait(false);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length > LongestFrame)
            throw new InvalidDataException("a malformed answer");
        byte[] frame = new byte[length];
        await stream.ReadExactlyAsync(frame, end).ConfigureAwait(false);
        return Attributes.Parse(frame);
    }

    private static MessageStatus StatusOf(Attributes message) => new(message.Text("queue_id") ?? "", message.Text("queue_name") ?? "",
        Time(message.Number("time") ?? 0), message.Number("size") ?? 0, message.Text("sender") ?? "",
        [.. message.Lists("recipients").Select(static one => new RecipientStatus(one.Text("address") ?? "", one.Text("why") ?? "",
            one.Number("until") is { } until ? Time(until) : null, one.Text("last_reply")))],
        (int)Math.Clamp(message.Number("more") ?? 0, 0, int.MaxValue));

    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 253_402_300_799));
}
