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
    /// <summary>TLS-Required: (RFC 8689)</summary>
    TlsRequired,
    /// <summary>Require-TLS-ESMTP:, which takes REQUIRETLS through filters that do not know it</summary>
    RequireTlsEsmtp,
    /// <summary>traceparent: (W3C Trace Context)</summary>
    TraceParent,
    /// <summary>tracestate:, which goes with it</summary>
    TraceState,
    /// <summary>Another one with addresses of those who send, such as Reply-To:</summary>
    OtherSender,
    /// <summary>Another one with addresses of those who receive, such as Bcc:</summary>
    OtherRecipient,
    /// <summary>Resent-Sender:</summary>
    ResentOtherSender,
    /// <summary>Resent-Bcc:, Resent-Reply-To:</summary>
    ResentOtherRecipient,
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
        ("tls-required", HeaderName.TlsRequired), ("require-tls-esmtp", HeaderName.RequireTlsEsmtp), ("traceparent", HeaderName.TraceParent), ("tracestate", HeaderName.TraceState),
        ("reply-to", HeaderName.OtherSender), ("sender", HeaderName.OtherSender), ("bcc", HeaderName.OtherRecipient),
        ("errors-to", HeaderName.OtherSender), ("return-receipt-to", HeaderName.OtherSender), ("return-path", HeaderName.OtherSender),
        ("disposition-notification-to", HeaderName.OtherSender), ("mail-followup-to", HeaderName.OtherSender),
        ("apparently-to", HeaderName.OtherRecipient),
        ("resent-from", HeaderName.ResentFrom), ("resent-to", HeaderName.ResentTo), ("resent-cc", HeaderName.ResentCc),
        ("resent-date", HeaderName.ResentDate), ("resent-message-id", HeaderName.ResentMessageId),
        ("resent-sender", HeaderName.ResentOtherSender), ("resent-reply-to", HeaderName.ResentOtherRecipient),
        ("resent-bcc", HeaderName.ResentOtherRecipient),
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
        or HeaderName.ResentDate or HeaderName.ResentMessageId or HeaderName.ResentOtherSender or HeaderName.ResentOtherRecipient;

    /// <summary>Has addresses of those who send, or who answers go to.</summary>
    public static bool HasSenders(HeaderName name) =>
        name is HeaderName.From or HeaderName.OtherSender or HeaderName.ResentFrom or HeaderName.ResentOtherSender;

    /// <summary>Has addresses of those who receive.</summary>
    /// <remarks>Resent-Reply-To: is one of them in Postfix, too.</remarks>
    public static bool HasRecipients(HeaderName name) => name is HeaderName.To or HeaderName.Cc or HeaderName.OtherRecipient
        or HeaderName.ResentTo or HeaderName.ResentCc or HeaderName.ResentOtherRecipient;

    /// <summary>Has addresses in it.</summary>
    public static bool HasAddresses(HeaderName name) => HasSenders(name) || HasRecipients(name);
}
