using System.Buffers.Text;
using PostfixNet.Mail;

namespace PostfixNet.Queue;

/// <summary>A recipient in a queue file or maildrop file: what is said of it, then its address. Reads those records and writes them.</summary>
/// <remarks>Whatever is not understood counts as not said: nonsense about a recipient is no reason to lose its mail.</remarks>
public sealed class RecipientRecords
{
    private static readonly Recipient s_nothingSaid = new("");

    private Recipient _next = s_nothingSaid;

    /// <summary>Nothing was said since the last recipient.</summary>
    public bool IsEmpty => ReferenceEquals(_next, s_nothingSaid);

    /// <summary>Takes a record that says something of the recipient that follows.</summary>
    /// <returns>False: it is another record.</returns>
    public bool Take(RecordType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case RecordType.OriginalRecipient:
                _next = _next with { Original = Text(payload) };
                return true;
            case RecordType.DsnOriginalRecipient:
                _next = _next with { DsnOriginal = Text(payload) };
                return true;
            case RecordType.DsnNotify:
                TakeNotify(payload);
                return true;
            case RecordType.Attribute when ValueOf(payload, AttributeName.DsnOriginalRecipient, out ReadOnlySpan<byte> value):
                _next = _next with { DsnOriginal = Text(value) };
                return true;
            case RecordType.Attribute when ValueOf(payload, AttributeName.NotifyFlags, out ReadOnlySpan<byte> value):
                TakeNotify(value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The recipient itself.</summary>
    /// <param name="offset">Of the record with the address.</param>
    public Recipient Complete(string address, long offset = 0)
    {
        // Most mail is for the address that was given: one text in memory then, of which a queue manager has thousands.
        string? original = _next.Original == address ? address : _next.Original;
        Recipient recipient = _next with { Address = address, Original = original, Offset = offset };
        Clear();
        return recipient;
    }

    /// <summary>Drops what was said of a recipient that is none, or done.</summary>
    public void Clear() => _next = s_nothingSaid;

    /// <summary>Writes a recipient.</summary>
    /// <param name="isDone">Nothing is to be delivered to him any more.</param>
    /// <exception cref="IOException">E.g. the disk is full.</exception>
    public static void Write(RecordWriter output, Recipient recipient, bool isDone = false)
    {
        if (recipient.Notify != Notify.Default)
            output.WriteAttribute(AttributeName.NotifyFlags, (long)recipient.Notify);
        if (recipient.DsnOriginal is { } dsnOriginal)
            output.WriteAttribute(AttributeName.DsnOriginalRecipient, dsnOriginal);
        if (recipient.Original is { } original)
            output.Write(RecordType.OriginalRecipient, original);
        output.Write(isDone ? RecordType.Done : RecordType.Recipient, recipient.Address);
    }

    private void TakeNotify(ReadOnlySpan<byte> number)
    {
        if (Utf8Parser.TryParse(number.Trim((byte)' '), out long flags, out int used) && used == number.Trim((byte)' ').Length
            && NotifyFlags.TryFromNumber(flags, out Notify notify))
            _next = _next with { Notify = notify };
    }

    private static string? Text(ReadOnlySpan<byte> payload) => payload.IsEmpty ? null : ByteText.Decode(payload);

    private static bool ValueOf(ReadOnlySpan<byte> attribute, string name, out ReadOnlySpan<byte> value)
    {
        int equals = attribute.IndexOf((byte)'=');
        value = attribute[(equals + 1)..];
        return equals > 0 && System.Text.Ascii.Equals(attribute[..equals], name);
    }
}
