namespace PostfixNet.Configuration;

/// <summary>Transports that need no delivery agent: what is said in place of the next hop is the text for log and sender.</summary>
public enum BuiltInTransport
{
    /// <summary>Mail is returned.</summary>
    Error,
    /// <summary>Mail is put off.</summary>
    Retry,
    /// <summary>Mail is thrown away.</summary>
    Discard,
}

/// <summary>The names of <see cref="BuiltInTransport"/> where a transport is named.</summary>
public static class BuiltInTransports
{
    /// <summary>The name.</summary>
    public static string Word(this BuiltInTransport transport) => transport switch
    {
        BuiltInTransport.Error => "error",
        BuiltInTransport.Retry => "retry",
        _ => "discard",
    };

    /// <summary>A value of local_transport stands for Postfix's local(8), which is not there: an address that has no alias does not exist.</summary>
    public static bool IsNoLocalDelivery(string localTransport)
    {
        ArgumentNullException.ThrowIfNull(localTransport);
        return localTransport == "local" || localTransport.StartsWith("local:", StringComparison.Ordinal);
    }

    /// <summary>Which one has a name; null: none, the name is that of a service.</summary>
    public static BuiltInTransport? Find(string name) => name switch
    {
        "error" => BuiltInTransport.Error,
        "retry" => BuiltInTransport.Retry,
        "discard" => BuiltInTransport.Discard,
        _ => null,
    };
}
