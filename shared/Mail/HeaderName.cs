using System.Text;

namespace PostfixNet.Mail;

/// <summary>The headers that mean something to programs that rewrite them.</summary>
public enum HeaderName
{
    /// <summary>Any other.</summary>
    Unknown,
    /// <summary>Received:</summary>
    Received,
    /// <summary>Message-Id:</summary>
    MessageId,
    /// <summary>Resent-Message-Id:</summary>
    ResentMessageId,
    /// <summary>Date:</summary>
    Date,
    /// <summary>Resent-Date:</summary>
    ResentDate,
    /// <summary>From:</summary>
    From,
    /// <summary>Resent-From:</summary>
    ResentFrom,
    /// <summary>To:</summary>
    To,
    /// <summary>Resent-To:</summary>
    ResentTo,
    /// <summary>Cc:</summary>
    Cc,
    /// <summary>Resent-Cc:</summary>
    ResentCc,
    /// <summary>Content-Transfer-Encoding:</summary>
    ContentTransferEncoding,
    /// <summary>One with addresses that has no name of its own here, such as Reply-To:</summary>
    OtherAddress,
    /// <summary>The same of a Resent- block.</summary>
    ResentOtherAddress,
}

/// <summary>Finds header names in lines of bytes, RFC 5322 section 2.2.</summary>
public static class HeaderNames
{
    // Order is by frequency; the lengths differ enough for a quick scan.
    private static readonly (string Text, HeaderName Name)[] s_names =
    [
        ("received", HeaderName.Received), ("from", HeaderName.From), ("to", HeaderName.To), ("cc", HeaderName.Cc),
        ("date", HeaderName.Date), ("message-id", HeaderName.MessageId),
        ("content-transfer-encoding", HeaderName.ContentTransferEncoding),
        ("reply-to", HeaderName.OtherAddress), ("sender", HeaderName.OtherAddress), ("bcc", HeaderName.OtherAddress),
        ("errors-to", HeaderName.OtherAddress), ("return-receipt-to", HeaderName.OtherAddress),
        ("disposition-notification-to", HeaderName.OtherAddress), ("mail-followup-to", HeaderName.OtherAddress),
        ("mail-reply-to", HeaderName.OtherAddress), ("apparently-to", HeaderName.OtherAddress),
        ("resent-from", HeaderName.ResentFrom), ("resent-to", HeaderName.ResentTo), ("resent-cc", HeaderName.ResentCc),
        ("resent-date", HeaderName.ResentDate), ("resent-message-id", HeaderName.ResentMessageId),
        ("resent-sender", HeaderName.ResentOtherAddress), ("resent-reply-to", HeaderName.ResentOtherAddress),
        ("resent-bcc", HeaderName.ResentOtherAddress),
    ];

    /// <summary>Length of the name at the start of a line; 0 when the line is no header.</summary>
    /// <param name="line">Beginning of a line.</param>
    /// <param name="colon">Where the colon is; blanks may stand before it (RFC 5322 section 4.5).</param>
    public static int Length(ReadOnlySpan<byte> line, out int colon)
    {
        colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return 0;
        int length = colon;
        while (length > 0 && line[length - 1] is (byte)' ' or (byte)'\t')
            length--;
        foreach (byte b in line[..length])
        {
            if (b is < (byte)'!' or > (byte)'~')
                return 0;
        }
        return length;
    }

    /// <summary>Which header a name is.</summary>
    public static HeaderName Find(ReadOnlySpan<byte> name)
    {
        foreach ((string Text, HeaderName Name) known in s_names)
        {
            if (Ascii.EqualsIgnoreCase(name, known.Text))
                return known.Name;
        }
        return HeaderName.Unknown;
    }

    /// <summary>Belongs to a block of Resent- headers, RFC 5322 section 3.6.6.</summary>
    public static bool IsResent(HeaderName name) => name is HeaderName.ResentFrom or HeaderName.ResentTo or HeaderName.ResentCc
        or HeaderName.ResentDate or HeaderName.ResentMessageId or HeaderName.ResentOtherAddress;

    /// <summary>Has addresses in it.</summary>
    public static bool HasAddresses(HeaderName name) => name is HeaderName.From or HeaderName.To or HeaderName.Cc
        or HeaderName.OtherAddress or HeaderName.ResentFrom or HeaderName.ResentTo or HeaderName.ResentCc or HeaderName.ResentOtherAddress;
}
