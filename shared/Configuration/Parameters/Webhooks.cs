namespace PostfixNet.Configuration;

// Read by webhooks; the first by master, too. Not Postfix's.
public static partial class Parameters
{
    /// <summary>Events are sent to the URLs of the tables [webhook."NAME"].</summary>
    public static readonly Parameter<bool> WebhooksEnable = Flag("webhooks_enable", "no");

    /// <summary>How long events that were delivered, or given up, stay in the list of "master webhooks".</summary>
    public static readonly Parameter<TimeSpan> WebhooksKeepTime = Time("webhooks_keep_time", "2d", minimum: 60);

    /// <summary>Events that wait for one URL at a time.</summary>
    public static readonly Parameter<int> WebhooksQueueLimit = Number("webhooks_queue_limit", "100000", minimum: 10, maximum: 10_000_000);
}
