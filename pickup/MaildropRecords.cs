using System.Buffers.Text;
using System.Globalization;
using System.Text;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>Copies the records of one maildrop file to cleanup, and adds the Received: header. Nothing is believed that a
/// user may have written: only types that belong in a place pass, and only what a user has a right to say.</summary>
internal sealed class MaildropRecords(RecordReader input, RecordWriter output, bool isTrusted)
{
    private static ReadOnlySpan<byte> OfEnvelope => "MCTcFILSDROWVA>K/<inop"u8;
    private static ReadOnlySpan<byte> OfContent => "XLNwp"u8;
    private static ReadOnlySpan<byte> OfExtracted => "EDROPreAFIL>K/onp"u8;

    // What sendmail itself writes; client_* and log_* attributes would put words into the mouth of an SMTP server.
    private static readonly string[] s_userAttributes =
    [
        AttributeName.Encoding, AttributeName.RewriteContext, AttributeName.TraceFlags, AttributeName.EnvelopeId,
        AttributeName.ReturnFlags, AttributeName.NotifyFlags, AttributeName.DsnOriginalRecipient,
    ];

    /// <summary>Copies the envelope, up to and without the M record.</summary>
    /// <param name="modified">Modification time of the file, seconds since 1970: the arrival when the file does not tell it.</param>
    /// <param name="senderFound">Called with the envelope sender, once.</param>
    /// <returns>False when there was no sender.</returns>
    /// <exception cref="BadRecordException">The file is no mail.</exception>
    /// <exception cref="QueueFileException">Likewise.</exception>
    internal bool CopyEnvelope(long modified, Action<string> senderFound)
    {
        bool hasTime = false, hasSender = false;
        while (true)
        {
            RecordType type = Next(OfEnvelope);
            if (!hasTime && type is not (RecordType.Size or RecordType.CreateTime or RecordType.Time))
            {
                output.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{modified} 0"));
                hasTime = true;
            }
            switch (type)
            {
                case RecordType.Message:
                    return hasSender;
                case RecordType.Time:
                    if (!hasTime)
                        output.Write(type, input.Payload);
                    hasTime = true;
                    break;
                case RecordType.From:
                    if (!hasSender)
                        senderFound(input.Text);
                    hasSender = true;
                    output.Write(type, input.Payload);
                    break;
                // Written anew by cleanup, meaningless here, or not for users to decide.
                case RecordType.Size or RecordType.CreateTime or RecordType.WarnTime or RecordType.Killed or RecordType.Inspector
                    or RecordType.TextPart or RecordType.Redirect or RecordType.ContinueAt:
                    break;
                default:
                    Copy(type);
                    break;
            }
        }
    }

    /// <summary>Copies the content, with the M record and a Received: header before it and the X record after it.</summary>
    internal void CopyContent(string receivedBy, string receivedId)
    {
        output.Write(RecordType.Message);
        output.Write(RecordType.Text, receivedBy);
        output.Write(RecordType.Text, receivedId);
        bool isFirst = true;
        while (true)
        {
            RecordType type = Next(OfContent);
            if (type is RecordType.Text or RecordType.TextPart)
            {
                // A line that begins with a blank would continue our own header.
                if (isFirst && !input.Payload.IsEmpty && input.Payload[0] is (byte)' ' or (byte)'\t')
                    output.Write(RecordType.Text);
                isFirst &= type == RecordType.TextPart && input.Payload.IsEmpty;
                output.Write(type, input.Payload);
            }
            else if (type == RecordType.Extracted)
            {
                output.Write(type);
                return;
            }
        }
    }

    /// <summary>Copies the rest, the E record included. What follows that is junk.</summary>
    internal void CopyExtracted()
    {
        while (true)
        {
            RecordType type = Next(OfExtracted);
            switch (type)
            {
                case RecordType.End:
                    output.Write(type);
                    return;
                case RecordType.Recipient or RecordType.Done or RecordType.Cancelled or RecordType.OriginalRecipient
                    or RecordType.DsnNotify or RecordType.DsnOriginalRecipient or RecordType.Attribute:
                    Copy(type);
                    break;
            }
        }
    }

    private void Copy(RecordType type)
    {
        if (type != RecordType.Attribute || isTrusted || IsUserAttribute(input.Payload))
            output.Write(type, input.Payload);
    }

    private static bool IsUserAttribute(ReadOnlySpan<byte> attribute)
    {
        int equals = attribute.IndexOf((byte)'=');
        // cleanup says what is wrong with a malformed one.
        if (equals < 0)
            return true;
        foreach (string name in s_userAttributes)
        {
            if (Ascii.Equals(attribute[..equals], name))
                return true;
        }
        return false;
    }

    private RecordType Next(ReadOnlySpan<byte> allowed)
    {
        if (!input.Read())
            throw new BadRecordException(BadRecordException.EndOfFile);
        bool isGood = allowed.Contains((byte)input.Type)
            && (input.Type != RecordType.ContinueAt || isTrusted || IsZero(input.Payload));
        return isGood ? input.Type : throw new BadRecordException((int)input.Type);
    }

    private static bool IsZero(ReadOnlySpan<byte> number) =>
        Utf8Parser.TryParse(number.TrimStart((byte)' '), out long value, out _) && value == 0;
}

/// <summary>A record that cannot stand where it stands.</summary>
/// <param name="type">Decimal code of its letter.</param>
internal sealed class BadRecordException(int type) : Exception
{
    /// <summary>There is no record: the file ends.</summary>
    internal const int EndOfFile = -1;

    /// <summary>There are bytes, but no record.</summary>
    internal const int NoRecord = -2;

    internal int Type => type;
}
