using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Delivery;

/// <summary>The way to the service showq, which tells each user what he may know of the queue.</summary>
public static class ShowqQuestion
{
    /// <summary>The attribute that names what is asked for.</summary>
    public const string Request = "request";

    /// <summary>Asks for a <see cref="DestinationReport"/>.</summary>
    public const string Destinations = "destinations";

    /// <summary>Asks for <see cref="Queue.QueueCounts"/>.</summary>
    public const string Counts = "counts";

    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(10);

    /// <param name="queue">queue_directory.</param>
    /// <param name="service">showq_service_name.</param>
    /// <param name="timeout">For each answer.</param>
    /// <exception cref="SystemCallException">The system is down; missing: it was never started.</exception>
    public static Channel Connect(string queue, string service, TimeSpan timeout) => new(Descriptor.ConnectUnix(SocketPath(queue, service), s_connectLimit), "showq", timeout);

    /// <summary>Asks what has one answer.</summary>
    /// <param name="word">E.g. <see cref="Destinations"/>.</param>
    /// <inheritdoc cref="Connect"/>
    /// <exception cref="IpcException">No answer, or a broken one.</exception>
    /// <exception cref="ShowqRefusedException">It is not for this user.</exception>
    public static AttributeList Ask(string queue, string service, TimeSpan timeout, string word)
    {
        using Channel channel = Connect(queue, service, timeout);
        channel.Send(new AttributeList().Add(Request, word));
        AttributeList answer = channel.ReceiveReply();
        ShowqRefusal.Check(answer);
        return answer;
    }

    // Relative to the queue directory when it must be, since the path of a socket must be short.
    private static string SocketPath(string queue, string service)
    {
        string path = $"{queue}/public/{service}";
        if (path.Length < 100)
            return path;
        FileSystem.ChangeDirectory(queue);
        return $"public/{service}";
    }
}

/// <summary>The answer to whoever may not do what he asks for, in place of the one to his request.</summary>
/// <param name="Why">For him to read.</param>
public sealed record ShowqRefusal(string Why)
{
    private const string Refused = "refused";

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(Refused, Why);

    /// <exception cref="ShowqRefusedException">The message is a refusal.</exception>
    public static void Check(AttributeList list)
    {
        if (list.OptionalText(Refused) is { } why)
            throw new ShowqRefusedException(why);
    }
}

/// <summary>The service does not do that for this user.</summary>
public sealed class ShowqRefusedException(string why) : Exception(why);
