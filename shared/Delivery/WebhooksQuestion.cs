using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>What "master webhooks" wants of the service webhooks.</summary>
/// <param name="What">A word of this class.</param>
/// <param name="Which">A number, the name of a webhook, or ALL; of a list: empty.</param>
/// <param name="IsAll">Of a list: events that were delivered, superseded or canceled, too.</param>
public sealed record WebhooksQuestion(string What, string Which, bool IsAll = false)
{
    /// <summary>The service's name.</summary>
    public const string Service = "webhooks";

    /// <summary>Its socket, below queue_directory.</summary>
    public const string Path = $"private/{Service}";

    /// <summary>Show webhooks and events.</summary>
    public const string List = "list";

    /// <summary>Do not send these.</summary>
    public const string Cancel = "cancel";

    /// <summary>Send these now.</summary>
    public const string Retry = "retry";

    /// <summary>Send an event that tells nothing.</summary>
    public const string Test = "test";

    private const string WhichName = "which", AllName = "all";

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(FieldName.Request, What).Add(WhichName, Which).Add(AllName, IsAll);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WebhooksQuestion From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new(list.Text(FieldName.Request), list.Text(WhichName), list.IsTrue(AllName));
    }
}

/// <summary>The answer.</summary>
/// <param name="Json">An object.</param>
/// <param name="Refusal">Why there is none; null: there is.</param>
public sealed record WebhooksAnswer(string Json, string? Refusal = null)
{
    private const string JsonName = "json", RefusalName = "refusal";

    /// <summary>For the line.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(JsonName, Json).AddOptional(RefusalName, Refusal);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WebhooksAnswer From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new(list.Text(JsonName), list.OptionalText(RefusalName));
    }
}
