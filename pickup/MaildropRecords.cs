using System.Buffers.Text;
using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>Copies the records of one maildrop file to cleanup, and adds the Received: header. Nothing is believed that a
/// user may have written: only types that belong in a place pass, and only what a user has a right to say.</summary>
internal sealed class MaildropRecords(RecordReader input, RecordWriter output, bool isTrusted)
{
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
            RecordFate fate = Next(RecordPlace.Envelope);
            RecordType type = input.Type;
            if (!hasTime && type is not (RecordType.Size or RecordType.CreateTime or RecordType.Time))
            {
                output.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{modified} 0"));
                hasTime = true;
            }
            if (fate == RecordFate.Dropped)
                continue;
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
                case RecordType.Size:
                    if (SizeRecord.TryParse(input.Payload, out SizeRecord size))
                        output.Write(type, new SizeRecord(0, 0, 0, 0, 0, size.SmtpUtf8 & SmtpUtf8.Requested, size.RequireTls).ToString());
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
            if (Next(RecordPlace.Content) == RecordFate.Dropped)
                continue;
            RecordType type = input.Type;
            if (type != RecordType.Extracted)
            {
                // A line that begins with a blank would continue our own header.
                if (isFirst && !input.Payload.IsEmpty && input.Payload[0] is (byte)' ' or (byte)'\t')
                    output.Write(RecordType.Text);
                isFirst &= type == RecordType.TextPart && input.Payload.IsEmpty;
                output.Write(type, input.Payload);
            }
            else
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
            if (Next(RecordPlace.Extracted) == RecordFate.Dropped)
                continue;
            if (input.Type == RecordType.End)
            {
                output.Write(RecordType.End);
                return;
            }
            Copy(input.Type);
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
        return equals < 0 || RecordRules.IsForUsers(attribute[..equals]);
    }

    // The next record; never one that is refused.
    private RecordFate Next(RecordPlace place)
    {
        if (!input.Read())
            throw new BadRecordException(BadRecordException.EndOfFile);
        RecordFate fate = RecordRules.Of(place, input.Type);
        if (fate == RecordFate.Refused || (input.Type == RecordType.ContinueAt && !isTrusted && !IsZero(input.Payload)))
            throw new BadRecordException((int)input.Type);
        return fate;
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
