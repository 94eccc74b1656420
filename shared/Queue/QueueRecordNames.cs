namespace PostfixNet.Queue;

/// <summary>What postcat calls the records of a queue file.</summary>
public static class QueueRecordNames
{
    /// <summary>The name of a text part within an envelope, where it means something else.</summary>
    public const string ContentFilter = "content_filter";

    /// <summary>The name of a type.</summary>
    public static string Of(RecordType type) => type switch
    {
        RecordType.Size => "message_size",
        RecordType.Time => "message_arrival_time",
        RecordType.CreateTime => "queue_file_create_time",
        RecordType.FullName => "sender_fullname",
        RecordType.Inspector => "content_inspector",
        RecordType.From => "sender",
        RecordType.Done => "done_recipient",
        RecordType.Cancelled => "canceled_recipient",
        RecordType.Recipient => "recipient",
        RecordType.OriginalRecipient => "original_recipient",
        RecordType.WarnTime => "warning_message_time",
        RecordType.Attribute => "named_attribute",
        RecordType.ContinueAt => "pointer_record",
        RecordType.Killed => "killed_record",
        RecordType.Message => "message_content",
        RecordType.TextPart => "unterminated_text",
        RecordType.Text => "regular_text",
        RecordType.Padding => "padding",
        RecordType.Extracted => "extracted_info",
        RecordType.ReturnReceipt => "return_receipt",
        RecordType.ErrorsTo => "errors_to",
        RecordType.Priority => "priority",
        RecordType.Verp => "verp_delimiters",
        RecordType.End => "message_end",
        RecordType.Redirect => "redirect_to",
        RecordType.Flags => "flags",
        RecordType.DsnReturn => "dsn_return_flags",
        RecordType.DsnEnvelopeId => "dsn_envelope_id",
        RecordType.DsnOriginalRecipient => "dsn_original_recipient",
        RecordType.DsnNotify => "dsn_notify_flags",
        _ => "unknown_record_type",
    };
}
