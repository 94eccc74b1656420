using PostfixNet.Checks;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>What main.toml says to this program.</summary>
internal sealed record CleanupOptions
{
    /// <summary>myhostname: in Message-Id.</summary>
    internal required string MyHostname { get; init; }

    /// <summary>How incomplete addresses are completed.</summary>
    internal required AddressCompletion Completion { get; init; }

    /// <summary>empty_address_recipient: who gets mail to the empty address.</summary>
    internal required string EmptyAddressRecipient { get; init; }

    /// <summary>The same in headers of mail from elsewhere (remote_header_rewrite_domain); null: those stay as they are.</summary>
    internal required AddressCompletion? RemoteCompletion { get; init; }

    /// <summary>Which tables change addresses.</summary>
    internal required AddressRewriting Rewriting { get; init; }

    /// <summary>virtual_alias_maps; null: there are none.</summary>
    internal required AddressMapping? VirtualAliases { get; init; }

    /// <summary>virtual_alias_expansion_limit: addresses that one recipient may become.</summary>
    internal required int ExpansionLimit { get; init; }

    /// <summary>virtual_alias_recursion_limit: how deep aliases of aliases may go.</summary>
    internal required int RecursionLimit { get; init; }

    /// <summary>virtual_alias_address_length_limit: characters.</summary>
    internal required int AliasLengthLimit { get; init; }

    /// <summary>What names of this host stand for; null: nothing.</summary>
    internal required LocalAliases? LocalAliases { get; init; }

    /// <summary>delay_logging_resolution_limit.</summary>
    internal required int DelayResolution { get; init; }

    /// <summary>Who gets copies.</summary>
    internal required AutomaticCopies Copies { get; init; }

    /// <summary>Octets that content may not have; null: all are welcome.</summary>
    internal required UnwantedCharacters? Unwanted { get; init; }

    /// <summary>message_drop_headers.</summary>
    internal required IReadOnlyList<string> DropHeaders { get; init; }

    /// <summary>header_size_limit: bytes of one header that are kept.</summary>
    internal required int HeaderSizeLimit { get; init; }

    /// <summary>header_address_token_limit.</summary>
    internal required int TokenLimit { get; init; }

    /// <summary>hopcount_limit: a message with so many Received: headers goes round in a circle.</summary>
    internal required int HopcountLimit { get; init; }

    /// <summary>message_size_limit: bytes of content; 0: no limit.</summary>
    internal required long MessageSizeLimit { get; init; }

    /// <summary>line_length_limit: bytes of one record.</summary>
    internal required int LineLengthLimit { get; init; }

    /// <summary>duplicate_filter_limit: recipients remembered; 0: all.</summary>
    internal required int DuplicateFilterLimit { get; init; }

    /// <summary>enable_original_recipient: two original addresses with the same final one stay two recipients.</summary>
    internal required bool EnableOriginalRecipient { get; init; }

    /// <summary>always_add_missing_headers: also to mail with rewrite_context=remote.</summary>
    internal required bool AlwaysAddMissingHeaders { get; init; }

    /// <summary>undisclosed_recipients_header; empty: none.</summary>
    internal required string UndisclosedRecipientsHeader { get; init; }

    /// <summary>detect_8bit_encoding_header.</summary>
    internal required bool DetectEncodingHeader { get; init; }

    /// <summary>cleanup_replace_stray_cr_lf.</summary>
    internal required bool ReplaceStrayLineEnds { get; init; }

    /// <summary>delay_warning_time; zero: no warning.</summary>
    internal required TimeSpan DelayWarningTime { get; init; }

    /// <summary>verp_delimiter_filter: characters that may delimit.</summary>
    internal required string VerpDelimiterFilter { get; init; }

    /// <summary>smtputf8_enable, and "sendmail" or "all" in smtputf8_autodetect_classes: addresses and headers outside ASCII
    /// make the message need SMTPUTF8.</summary>
    internal required bool DetectSmtpUtf8 { get; init; }

    /// <summary>The same for notices: "bounce" or "all".</summary>
    internal required bool DetectSmtpUtf8OfNotices { get; init; }

    /// <summary>The same for mail that a server took in: "smtpd" or "all".</summary>
    internal bool DetectSmtpUtf8OfServers { get; init; }

    /// <summary>Whether addresses and headers of a message are looked at for what needs SMTPUTF8.</summary>
    internal bool DetectsSmtpUtf8(Message message) =>
        message.IsInternal ? DetectSmtpUtf8OfNotices : message.IsFromServer ? DetectSmtpUtf8OfServers : DetectSmtpUtf8;

    /// <summary>tls_required_enable: TLS-Required: is heeded.</summary>
    internal required bool HeedsTlsRequired { get; init; }

    /// <summary>requiretls_esmtp_header, unless requiretls_enable is off: Require-TLS-ESMTP: is heeded, and written.</summary>
    internal required bool WritesRequireTls { get; init; }

    /// <summary>What is done with traces; null: nothing.</summary>
    internal required TraceOptions? Traces { get; init; }

    /// <summary>What looks at headers and text; null: nothing.</summary>
    internal required CheckTables? Checks { get; init; }

    /// <summary>What looks at headers that milters add: milter_header_checks; null: nothing.</summary>
    internal required CheckTable? MilterChecks { get; init; }

    /// <summary>All tables of checks, with their parameters.</summary>
    internal IReadOnlyList<(Parameter Parameter, LookupTable Table)> CheckedTables =>
        [.. Checks?.Parameters ?? [], .. MilterChecks is { } checks ? [(checks.Parameter, checks.Table)] : ((Parameter, LookupTable)[])[]];

    /// <summary>Milters.</summary>
    internal required CleanupMilters Milters { get; init; }

    /// <summary>enable_long_queue_ids.</summary>
    internal required bool LongQueueIds { get; init; }

    /// <summary>Below it no mail is taken.</summary>
    internal required SpaceLimit Space { get; init; }

    /// <summary>Socket of the queue manager.</summary>
    internal required string QueueManager { get; init; }

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="ConfigurationException">A value is not usable.</exception>
    internal static CleanupOptions From(MainConfig config)
    {
        AddressCompletion completion = CompletionOf(config, config.Get(Parameters.MyOrigin), config.Get(Parameters.MyDomain));
        string remote = config.Get(Parameters.RemoteHeaderRewriteDomain);
        LookupTable aliases = config.Get(Parameters.VirtualAliasMaps);
        if (aliases.FirstKey(static (_, value) => HeaderAddresses.Parse(value).Count == 0) is { } empty)
            config.Remark(Parameters.VirtualAliasMaps, $"the entry for {empty} has no address: mail to it waits");
        bool detect = config.Get(Parameters.Smtputf8Enable);
        IReadOnlyList<string> classes = config.Get(Parameters.Smtputf8AutodetectClasses);
        return new CleanupOptions
        {
            MyHostname = config.Get(Parameters.MyHostname),
            Completion = completion,
            RemoteCompletion = remote.Length > 0 ? CompletionOf(config, remote, remote) : null,
            Rewriting = AddressRewriting.Read(config, completion),
            EmptyAddressRecipient = config.Get(Parameters.EmptyAddressRecipient),
            VirtualAliases = AddressMapping.Read(config, Parameters.VirtualAliasMaps, "virtual", completion),
            ExpansionLimit = config.Get(Parameters.VirtualAliasExpansionLimit),
            RecursionLimit = config.Get(Parameters.VirtualAliasRecursionLimit),
            AliasLengthLimit = config.Get(Parameters.VirtualAliasAddressLengthLimit),
            LocalAliases = LocalAliases.Read(config, completion),
            DelayResolution = config.Get(Parameters.DelayLoggingResolutionLimit),
            Copies = AutomaticCopies.Read(config),
            Unwanted = UnwantedCharacters.Read(config),
            DropHeaders = config.Get(Parameters.MessageDropHeaders),
            HeaderSizeLimit = config.Get(Parameters.HeaderSizeLimit),
            TokenLimit = config.Get(Parameters.HeaderAddressTokenLimit),
            HopcountLimit = config.Get(Parameters.HopcountLimit),
            MessageSizeLimit = config.Get(Parameters.MessageSizeLimit),
            LineLengthLimit = config.Get(Parameters.LineLengthLimit),
            DuplicateFilterLimit = config.Get(Parameters.DuplicateFilterLimit),
            EnableOriginalRecipient = config.Get(Parameters.EnableOriginalRecipient),
            AlwaysAddMissingHeaders = config.Get(Parameters.AlwaysAddMissingHeaders),
            UndisclosedRecipientsHeader = config.Get(Parameters.UndisclosedRecipientsHeader),
            DetectEncodingHeader = config.Get(Parameters.Detect8bitEncodingHeader),
            ReplaceStrayLineEnds = config.Get(Parameters.CleanupReplaceStrayCrLf),
            DelayWarningTime = config.Get(Parameters.DelayWarningTime),
            VerpDelimiterFilter = config.Get(Parameters.VerpDelimiterFilter),
            DetectSmtpUtf8 = detect && Has(classes, "sendmail"),
            DetectSmtpUtf8OfNotices = detect && Has(classes, "bounce"),
            DetectSmtpUtf8OfServers = detect && Has(classes, "smtpd"),
            HeedsTlsRequired = config.Get(Parameters.TlsRequiredEnable),
            WritesRequireTls = config.Get(Parameters.RequiretlsEnable) && config.Get(Parameters.RequiretlsEsmtpHeader),
            Traces = TraceOptions.Read(config),
            Checks = CheckTables.ReadIncoming(config),
            MilterChecks = CheckTables.ReadOfMilters(config),
            Milters = CleanupMilters.Read(config),
            LongQueueIds = config.Get(Parameters.EnableLongQueueIds),
            Space = SpaceLimit.Read(config),
            QueueManager = $"public/{config.Get(Parameters.QueueServiceName)}",
        };
    }

    private static AddressCompletion CompletionOf(MainConfig config, string origin, string domain) => new(origin, domain, config.Get(Parameters.AppendAtMyorigin),
        config.Get(Parameters.AppendDotMydomain), config.Get(Parameters.SwapBangpath), config.Get(Parameters.AllowPercentHack));

    private static bool Has(IReadOnlyList<string> classes, string wanted)
    {
        foreach (string name in classes)
        {
            if (name == wanted || name == "all")
                return true;
        }
        return false;
    }
}
