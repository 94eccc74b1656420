using PostfixNet.Ipc;
using PostfixNet.Notices;

namespace PostfixNet.Delivery;

/// <summary>What a client of a server did, as the anvil service counts it.</summary>
public enum ClientEventKind
{
    /// <summary>It connected.</summary>
    Connect,
    /// <summary>It left.</summary>
    Disconnect,
    /// <summary>It began a message.</summary>
    Message,
    /// <summary>It named a recipient.</summary>
    Recipient,
    /// <summary>It negotiated a new TLS session.</summary>
    NewTlsSession,
    /// <summary>It tried to log in.</summary>
    Login,
}

/// <summary>Something that a client did.</summary>
/// <param name="Service">The service that it talks to, e.g. "smtpd".</param>
/// <param name="Client">Its address, or the network that stands for it.</param>
public sealed record ClientEvent(ClientEventKind Kind, string Service, string Client)
{
    private const string ServiceName = "service", ClientName = "client";
    private static readonly string[] s_words = ["connect", "disconnect", "message", "recipient", "newtls", "auth"];

    /// <summary>The word of a kind.</summary>
    public static string WordOf(ClientEventKind kind) => s_words[(int)kind];

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(FieldName.Request, WordOf(Kind)).Add(ServiceName, Service).Add(ClientName, Client);

    /// <exception cref="IpcException">Another request, or none.</exception>
    public static ClientEvent From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string word = list.Text(FieldName.Request);
        int kind = Array.IndexOf(s_words, word);
        return kind >= 0 ? new((ClientEventKind)kind, list.Text(ServiceName), list.Text(ClientName)) : throw new IpcException($"unknown request: {NoticeText.OneLine(word)}");
    }
}

/// <summary>How often a client did so.</summary>
/// <param name="Count">Connections that it has now.</param>
/// <param name="Rate">Events of the kind within anvil_rate_time_unit, this one included.</param>
public sealed record ClientCounts(long Count, long Rate)
{
    private const string CountName = "count", RateName = "rate";

    /// <summary>For the line to the server.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(CountName, Count).Add(RateName, Rate);

    /// <exception cref="IpcException">Malformed.</exception>
    public static ClientCounts From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new(list.Number(CountName), list.Number(RateName));
    }
}
