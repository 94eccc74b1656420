namespace PostfixNet.Webhooks;

/// <summary>An event whose turn it is.</summary>
/// <param name="Number">Its place in the queue, by which operators name it.</param>
/// <param name="Webhook">Who gets it.</param>
/// <param name="Message">What it is a step of: the next of the same waits for this one.</param>
/// <param name="EventId">The event's own id.</param>
/// <param name="Body">The event, as JSON.</param>
/// <param name="Attempts">That failed.</param>
internal sealed record Waiting(long Number, string Webhook, string Message, string EventId, string Body, int Attempts);
