namespace PostfixNet.Queue;

/// <summary>What a queue file record says: the letter that it starts with.</summary>
public enum RecordType : byte
{
    /// <summary>Six numbers about the file; first record of a file that cleanup made. See <see cref="SizeRecord"/>.</summary>
    Size = (byte)'C',
    /// <summary>Arrival time: seconds, blank, microseconds.</summary>
    Time = (byte)'T',
    /// <summary>Sender's full name, for a missing From: header.</summary>
    FullName = (byte)'F',
    /// <summary>Envelope sender; empty for the null sender.</summary>
    From = (byte)'S',
    /// <summary>Recipient still to do.</summary>
    Recipient = (byte)'R',
    /// <summary>Recipient that needs no more work.</summary>
    Done = (byte)'D',
    /// <summary>Address before rewriting, of the recipient that follows.</summary>
    OriginalRecipient = (byte)'O',
    /// <summary>Recipient that a content filter took off.</summary>
    Cancelled = (byte)'/',
    /// <summary>When to warn the sender of the delay; -1 when that was done.</summary>
    WarnTime = (byte)'W',
    /// <summary>name=value.</summary>
    Attribute = (byte)'A',
    /// <summary>In the content, text without a line end. In the other segments, the content filter, transport:nexthop.</summary>
    TextPart = (byte)'L',
    /// <summary>Address that takes all recipients' place.</summary>
    Redirect = (byte)'>',
    /// <summary>What cleanup is to do with the message, from a server to cleanup; in no queue file.</summary>
    Flags = (byte)'f',
    /// <summary>VERP delimiters, two characters.</summary>
    Verp = (byte)'V',
    /// <summary>Obsolete sender inspector.</summary>
    Inspector = (byte)'I',
    /// <summary>A record that was taken out.</summary>
    Killed = (byte)'K',
    /// <summary>Start of the message content.</summary>
    Message = (byte)'M',
    /// <summary>A text line, or the last part of one.</summary>
    Text = (byte)'N',
    /// <summary>Padding, to be skipped.</summary>
    Padding = (byte)'w',
    /// <summary>Start of the segment of what was extracted from the headers.</summary>
    Extracted = (byte)'X',
    /// <summary>Reading continues at another offset; 0 = here.</summary>
    ContinueAt = (byte)'p',
    /// <summary>End of the message.</summary>
    End = (byte)'E',
    /// <summary>Obsolete return receipt address.</summary>
    ReturnReceipt = (byte)'r',
    /// <summary>Obsolete errors-to address.</summary>
    ErrorsTo = (byte)'e',
    /// <summary>Obsolete priority.</summary>
    Priority = (byte)'P',
    /// <summary>Letter form of the attribute ret_flags.</summary>
    DsnReturn = (byte)'<',
    /// <summary>Letter form of the attribute envelope_id.</summary>
    DsnEnvelopeId = (byte)'i',
    /// <summary>Letter form of the attribute dsn_orig_rcpt.</summary>
    DsnOriginalRecipient = (byte)'o',
    /// <summary>Letter form of the attribute notify_flags.</summary>
    DsnNotify = (byte)'n',
    /// <summary>Letter form of the attribute create_time.</summary>
    CreateTime = (byte)'c',
}

/// <summary>Names of the attributes (A records) that this system reads or writes.</summary>
public static class AttributeName
{
    private static readonly byte[][] s_ofEnvelope = [.. ((string[])[CreateTime, Encoding, RewriteContext, EnvelopeId, ReturnFlags, TraceFlags, ReleaseTime]).Select(System.Text.Encoding.ASCII.GetBytes)];

    /// <summary>Those that <see cref="Envelope"/> has a property for.</summary>
    internal static bool IsOfEnvelope(ReadOnlySpan<byte> name)
    {
        foreach (byte[] known in s_ofEnvelope)
        {
            if (name.SequenceEqual(known))
                return true;
        }
        return false;
    }

    /// <summary>Seconds since 1970 when the queue file was made.</summary>
    public const string CreateTime = "create_time";
    /// <summary>Seconds since 1970 when the message is to go out, and not before. RFC 4865.</summary>
    public const string ReleaseTime = "release_time";
    /// <summary>TLS security level that an operator gave this message, in place of that of its destination.</summary>
    public const string TlsLevel = "tls_security_level";
    /// <summary>Value of an attribute that tells where a message comes from: this system.</summary>
    public const string Local = "local";
    /// <summary>Likewise: another.</summary>
    public const string Remote = "remote";
    /// <summary>"local" or "remote": whether addresses and missing headers are completed.</summary>
    public const string RewriteContext = "rewrite_context";
    /// <summary>"7bit" or "8bit"; the last one in the file counts.</summary>
    public const string Encoding = "encoding";
    /// <summary>ENVID, decoded. RFC 3461 section 4.4.</summary>
    public const string EnvelopeId = "envelope_id";
    /// <summary>1 = FULL, 2 = HDRS. RFC 3461 section 4.3.</summary>
    public const string ReturnFlags = "ret_flags";
    /// <summary>NOTIFY bits of the next recipient: 1 NEVER, 2 SUCCESS, 4 FAILURE, 8 DELAY. RFC 3461 section 4.1.</summary>
    public const string NotifyFlags = "notify_flags";
    /// <summary>ORCPT of the next recipient, type;address, decoded. RFC 3461 section 4.2.</summary>
    public const string DsnOriginalRecipient = "dsn_orig_rcpt";
    /// <summary>Bits: 512 = only probe addresses, 1024 = deliver and report.</summary>
    public const string TraceFlags = "trace_flags";
    /// <summary>"local" in mail that this system made itself.</summary>
    public const string LogMessageOrigin = "log_message_origin";
    /// <summary>Host name of the client that a mail server took the message from; so are the next ones.</summary>
    public const string LogClientName = "log_client_name";
    /// <summary>Its IP address.</summary>
    public const string LogClientAddress = "log_client_address";
    /// <summary>Its TCP port.</summary>
    public const string LogClientPort = "log_client_port";
    /// <summary>What the message is part of, as "traceparent" of W3C Trace Context; Postfix's programs pass it over.</summary>
    public const string TraceContext = "trace_context";
    /// <summary>SMTP or ESMTP.</summary>
    public const string LogProtocolName = "log_protocol_name";
    /// <summary>What the client called itself.</summary>
    public const string LogHeloName = "log_helo_name";
    /// <summary>Queue ID in the first system that took it.</summary>
    public const string LogIdent = "log_ident";
}
