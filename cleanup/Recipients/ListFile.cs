using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Makes the queue file of a list's members from the one of the message to the list: another sender, other recipients, nothing of
/// what was asked for the list (RFC 3461 section 5.2.7.4), and the same content.</summary>
internal static class ListFile
{
    /// <summary>Writes the file, all but its commit.</summary>
    /// <param name="file">Empty.</param>
    /// <param name="original">Complete, but for its size record.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    internal static void Write(NewQueueFile file, NewQueueFile original, ListMail list, Message message, CleanupOptions options, long now)
    {
        original.Writer.Flush();
        RecordReader reader = new(original.Handle);
        RecordWriter writer = file.Writer;
        file.ReserveSize();
        RecordPlace place = RecordPlace.Envelope;
        long start = 0, end = 0;
        while (reader.Read())
        {
            switch (reader.Type)
            {
                case RecordType.Time:
                    writer.Write(RecordType.Time, reader.Payload);
                    writer.Write(RecordType.Attribute, string.Create(CultureInfo.InvariantCulture, $"{AttributeName.CreateTime}={now:D10}"));
                    break;
                case RecordType.From:
                    writer.Write(RecordType.From, list.Owner);
                    break;
                case RecordType.Message:
                    WriteRecipients(writer, list, message, options, now);
                    writer.Write(RecordType.Message);
                    start = writer.Position;
                    place = RecordPlace.Content;
                    break;
                case RecordType.Extracted:
                    end = writer.Position;
                    writer.Write(RecordType.Extracted);
                    place = RecordPlace.Extracted;
                    break;
                default:
                    if (place == RecordPlace.Content || IsOfMessage(reader.Type, reader.Payload))
                        writer.Write(reader.Type, reader.Payload);
                    break;
            }
            if (reader.Type == RecordType.End)
                break;
        }
        SmtpUtf8 needs = message.SmtpUtf8;
        if (RecipientList.NeedsSmtpUtf8(list.Owner))
            needs |= SmtpUtf8.Requested | SmtpUtf8.Sender;
        if (list.Recipients.Any(static recipient => RecipientList.NeedsSmtpUtf8(recipient.Address)))
            needs |= SmtpUtf8.Requested;
        file.WriteSize(new SizeRecord(end - start, start, list.Recipients.Count, 0, end - start, needs, message.RequireTls));
    }

    private static void WriteRecipients(RecordWriter writer, ListMail list, Message message, CleanupOptions options, long now)
    {
        if (options.DelayWarningTime > TimeSpan.Zero)
            writer.Write(RecordType.WarnTime, string.Create(CultureInfo.InvariantCulture, $"{Math.Max(now, message.ReleaseTime) + (long)options.DelayWarningTime.TotalSeconds,15}"));
        foreach (Recipient recipient in list.Recipients)
            RecipientRecords.Write(writer, recipient);
    }

    // What is said of recipients, of the sender's wishes, and of the file itself is another matter here.
    private static bool IsOfMessage(RecordType type, ReadOnlySpan<byte> payload) => type switch
    {
        RecordType.FullName or RecordType.TextPart or RecordType.Redirect or RecordType.Inspector or RecordType.Flags or RecordType.End => true,
        RecordType.Attribute => IsOfMessage(payload),
        _ => false,
    };

    private static bool IsOfMessage(ReadOnlySpan<byte> attribute)
    {
        ReadOnlySpan<byte> name = attribute[..Math.Max(0, attribute.IndexOf((byte)'='))];
        foreach (string other in s_notOfMessage)
        {
            if (System.Text.Ascii.Equals(name, other))
                return false;
        }
        return true;
    }

    private static readonly string[] s_notOfMessage =
    [
        AttributeName.CreateTime, AttributeName.NotifyFlags, AttributeName.DsnOriginalRecipient, AttributeName.EnvelopeId, AttributeName.ReturnFlags,
        AttributeName.TraceFlags,
    ];
}
