namespace PostfixNet.Configuration;

// Read by cleanup.
public static partial class Parameters
{
    /// <summary>Addresses that stand for others.</summary>
    public static readonly Parameter<LookupTable> VirtualAliasMaps = Table("virtual_alias_maps", "$virtual_maps");

    /// <summary>Older name of virtual_alias_maps.</summary>
    public static readonly Parameter<string> VirtualMaps = Text("virtual_maps", "");

    /// <summary>Addresses that one may stand for.</summary>
    public static readonly Parameter<int> VirtualAliasExpansionLimit = Number("virtual_alias_expansion_limit", "1000", minimum: 1);

    /// <summary>How deep addresses may stand for others that stand for others.</summary>
    public static readonly Parameter<int> VirtualAliasRecursionLimit = Number("virtual_alias_recursion_limit", "1000", minimum: 1);

    /// <summary>Characters of an address that another stands for.</summary>
    public static readonly Parameter<int> VirtualAliasAddressLengthLimit = Number("virtual_alias_address_length_limit", "1000", minimum: 1);

    /// <summary>An address that gets a copy of all mail.</summary>
    public static readonly Parameter<string> AlwaysBcc = MailAddress("always_bcc", "");

    /// <summary>Recipients remembered to find those that are named twice; 0: all.</summary>
    public static readonly Parameter<int> DuplicateFilterLimit = Number("duplicate_filter_limit", "1000");

    /// <summary>Two original addresses with the same final one stay two recipients.</summary>
    public static readonly Parameter<bool> EnableOriginalRecipient = Flag("enable_original_recipient", "yes");

    /// <summary>Headers that are removed.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MessageDropHeaders = List("message_drop_headers", "bcc, content-length, resent-bcc, return-path");

    /// <summary>Missing headers are added to mail from elsewhere too.</summary>
    public static readonly Parameter<bool> AlwaysAddMissingHeaders = Flag("always_add_missing_headers", "no");

    /// <summary>Header added where none names a recipient; empty: none.</summary>
    public static readonly Parameter<string> UndisclosedRecipientsHeader = Text("undisclosed_recipients_header", "");

    /// <summary>A message with so many Received headers goes in a circle, and is returned.</summary>
    public static readonly Parameter<int> HopcountLimit = Number("hopcount_limit", "50", minimum: 1);

    /// <summary>Bytes that must be free in the file system of the queue.</summary>
    public static readonly Parameter<long> QueueMinfree = Size("queue_minfree", "0");

    /// <summary>Share of its bytes, and of its inodes, that must be free there too. Postfix has none.</summary>
    public static readonly Parameter<int> QueueMinfreePercent = Number("queue_minfree_percent", "0", maximum: 99);

    /// <summary>How long cleanup waits before each message while mail comes faster than it goes.</summary>
    public static readonly Parameter<TimeSpan> InFlowDelay = Time("in_flow_delay", "1s");

    /// <summary>The header Content-Transfer-Encoding says if content is eight-bit.</summary>
    public static readonly Parameter<bool> Detect8bitEncodingHeader = Flag("detect_8bit_encoding_header", "yes");

    /// <summary>CR and LF within a line of content become a blank, so that they cannot end the message or begin an SMTP command
    /// at a careless receiver.</summary>
    public static readonly Parameter<bool> CleanupReplaceStrayCrLf = Flag("cleanup_replace_stray_cr_lf", "yes");

    /// <summary>Addresses and headers outside ASCII need SMTPUTF8.</summary>
    public static readonly Parameter<bool> Smtputf8Enable = Flag("smtputf8_enable", "yes");

    /// <summary>Mail for which that is found out: sendmail, bounce, all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> Smtputf8AutodetectClasses =
        List("smtputf8_autodetect_classes", "sendmail, verify", "sendmail smtpd qmqpd forward bounce notify verify all");

    /// <summary>Characters that may delimit.</summary>
    public static readonly Parameter<string> VerpDelimiterFilter = Text("verp_delimiter_filter", "-=+");
}
