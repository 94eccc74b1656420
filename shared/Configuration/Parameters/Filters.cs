namespace PostfixNet.Configuration;

// Read by smtpd and pickup: mail goes through a filter once it is queued. qmgr knows where that is.
public static partial class Parameters
{
    /// <summary>transport:nexthop that mail goes to in the place of its own way; empty: none.</summary>
    public static readonly Parameter<string> ContentFilter = Transport("content_filter", "");

    /// <summary>The next hop of a filter that is named without one; empty: the domain of the recipient.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DefaultFilterNexthop = NextHops("default_filter_nexthop", "");

    /// <summary>What is left out for the mail of a service, because it is done before the filter, or after it.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ReceiveOverrideOptions =
        List("receive_override_options", "", "no_unknown_recipient_checks no_address_mappings no_header_body_checks no_milters");
}
