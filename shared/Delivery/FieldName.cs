namespace PostfixNet.Delivery;

/// <summary>Names of the attributes that requests and reports between services share. What only one kind of message has is
/// named in its codec.</summary>
internal static class FieldName
{
    internal const string Request = "request", Status = "status", Reason = "reason",
        QueueName = "queue_name", QueueId = "queue_id", Sender = "sender", Recipients = "recipients", SmtpUtf8 = "smtputf8", RequireTls = "require_tls";
}
