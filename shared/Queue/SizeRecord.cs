using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Queue;

/// <summary>The numbers that open a queue file; written last, over the place that was kept for them.</summary>
/// <param name="ContentSize">Offset of the X record minus <paramref name="DataOffset"/>: lets readers skip the content.</param>
/// <param name="DataOffset">Offset of the first content record.</param>
/// <param name="RecipientCount">All recipient records of both segments, done and cancelled ones too.</param>
/// <param name="QueueFlags">Bit 0: recipients stand among other records. The NOTIFY bits of all recipients, shifted left by one.</param>
/// <param name="MessageSize">The size to show in logs and in MAIL FROM (RFC 1870); 0 in older files.</param>
/// <param name="SmtpUtf8">Why it needs SMTPUTF8.</param>
/// <param name="RequireTls">What its sender wants of TLS; it shares its field with SMTPUTF8.</param>
public readonly record struct SizeRecord(
    long ContentSize, long DataOffset, int RecipientCount, int QueueFlags, long MessageSize, SmtpUtf8 SmtpUtf8, RequireTls RequireTls = RequireTls.Unsaid)
{
    /// <summary>Octets of the payload as written.</summary>
    public const int PayloadLength = 95;

    /// <summary>What <paramref name="notify"/>, of all recipients together, makes of <see cref="QueueFlags"/>.</summary>
    public static int FlagsOf(Notify notify) => (int)notify << 1;

    /// <summary>The size of the message, whichever field has it.</summary>
    public long EffectiveSize => MessageSize > 0 ? MessageSize : ContentSize;

    /// <summary>Understands the payload of a C record; fields that an older file lacks are 0, and so are those that Postfix's sendmail, which knows no size
    /// yet, has as -1.</summary>
    /// <returns>False when a field is not a number or is out of range.</returns>
    public static bool TryParse(ReadOnlySpan<byte> payload, out SizeRecord size)
    {
        size = default;
        Span<long> fields = stackalloc long[6];
        int count = 0;
        while (count < fields.Length)
        {
            while (payload is [(byte)' ', ..])
                payload = payload[1..];
            if (payload.IsEmpty)
                break;
            int end = payload.IndexOf((byte)' ');
            ReadOnlySpan<byte> field = end < 0 ? payload : payload[..end];
            payload = payload[field.Length..];
            if (field.SequenceEqual("-1"u8))
                count++;
            else if (!long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out fields[count++]))
                return false;
        }
        if (count == 0 || fields[2] > int.MaxValue || fields[3] > int.MaxValue || fields[5] > int.MaxValue)
            return false;
        size = new SizeRecord(fields[0], fields[1], (int)fields[2], (int)fields[3], fields[4], SmtpUtf8Flags.FromNumber(fields[5]), RequireTlsWords.FromNumber(fields[5]));
        return true;
    }

    /// <summary>The payload: six right-aligned fields of 15 characters.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{ContentSize,15} {DataOffset,15} {RecipientCount,15} {QueueFlags,15} {MessageSize,15} {(long)SmtpUtf8 | (long)RequireTls,15}");

    internal byte[] ToPayload() => ByteText.Encode(ToString());

}
