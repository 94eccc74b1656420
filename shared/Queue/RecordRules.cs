namespace PostfixNet.Queue;

/// <summary>Part of a message, in which other records may stand than in the next.</summary>
public enum RecordPlace
{
    /// <summary>Up to the M record.</summary>
    Envelope,
    /// <summary>Up to the X record.</summary>
    Content,
    /// <summary>Up to the E record: what was taken from the headers.</summary>
    Extracted,
}

/// <summary>What becomes of a record that somebody else has written.</summary>
public enum RecordFate
{
    /// <summary>It has no business there: this is no message.</summary>
    Refused,
    /// <summary>It is passed over: ours to write, of no use in the queue, or not for others to decide.</summary>
    Dropped,
    /// <summary>It is looked at, and goes on.</summary>
    Taken,
}

/// <summary>Which records and attributes are taken from others. A message crosses two boundaries before it is in the queue: from
/// a user's file to pickup, and from a client's stream to cleanup. Both hold to this table, and neither relies on the other.</summary>
public static class RecordRules
{
    /// <summary>Of a Flags record: the message goes on hold.</summary>
    public const string HoldFlag = "hold";

    private const RecordFate Drop = RecordFate.Dropped, Take = RecordFate.Taken, No = RecordFate.Refused;

    private static readonly (RecordType Type, RecordFate Envelope, RecordFate Content, RecordFate Extracted)[] s_rows =
    [
        (RecordType.Size, Take, No, No),
        (RecordType.CreateTime, Drop, No, No),
        (RecordType.Time, Take, No, No),
        (RecordType.WarnTime, Drop, No, No),
        (RecordType.Verp, Take, No, No),
        (RecordType.From, Take, No, No),
        (RecordType.DsnReturn, Take, No, No),
        (RecordType.DsnEnvelopeId, Take, No, No),
        (RecordType.FullName, Take, No, Drop),
        (RecordType.Inspector, Drop, No, Drop),
        (RecordType.Redirect, Drop, No, Drop), // cleanup takes it from a server
        (RecordType.Flags, Drop, No, Drop), // likewise
        (RecordType.Killed, Drop, No, Drop),
        (RecordType.ReturnReceipt, No, No, Drop),
        (RecordType.ErrorsTo, No, No, Drop),
        (RecordType.Priority, No, No, Drop),
        (RecordType.Recipient, Take, No, Take),
        (RecordType.Done, Take, No, Take),
        (RecordType.Cancelled, Take, No, Take),
        (RecordType.OriginalRecipient, Take, No, Take),
        (RecordType.DsnOriginalRecipient, Take, No, Take),
        (RecordType.DsnNotify, Take, No, Take),
        (RecordType.Attribute, Take, No, Take),
        (RecordType.Message, Take, No, No),
        (RecordType.Text, No, Take, No),
        (RecordType.TextPart, Drop, Take, Drop),
        (RecordType.Padding, No, Drop, No),
        (RecordType.ContinueAt, Drop, Drop, Drop), // pickup takes only one that leads nowhere
        (RecordType.Extracted, No, Take, No),
        (RecordType.End, No, No, Take),
    ];

    // What sendmail itself writes. Others, as those of the client that a mail server had, would put words into its mouth.
    private static readonly string[] s_userAttributes =
    [
        AttributeName.Encoding, AttributeName.RewriteContext, AttributeName.TraceFlags, AttributeName.EnvelopeId,
        AttributeName.ReturnFlags, AttributeName.NotifyFlags, AttributeName.DsnOriginalRecipient, AttributeName.ReleaseTime, AttributeName.TraceContext,
    ];

    private static readonly RecordFate[] s_fates = Fates();

    /// <summary>What becomes of a record.</summary>
    public static RecordFate Of(RecordPlace place, RecordType type) => s_fates[(int)place * 256 + (byte)type];

    /// <summary>Whether a user may say that of his message.</summary>
    /// <param name="name">Of an attribute.</param>
    public static bool IsForUsers(ReadOnlySpan<byte> name)
    {
        foreach (string known in s_userAttributes)
        {
            if (System.Text.Ascii.Equals(name, known))
                return true;
        }
        return false;
    }

    private static RecordFate[] Fates()
    {
        RecordFate[] fates = new RecordFate[3 * 256];
        foreach ((RecordType type, RecordFate envelope, RecordFate content, RecordFate extracted) in s_rows)
        {
            fates[(int)RecordPlace.Envelope * 256 + (byte)type] = envelope;
            fates[(int)RecordPlace.Content * 256 + (byte)type] = content;
            fates[(int)RecordPlace.Extracted * 256 + (byte)type] = extracted;
        }
        return fates;
    }
}
