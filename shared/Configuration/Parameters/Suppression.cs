namespace PostfixNet.Configuration;

// Read by qmgr and "master suppress". Not Postfix's.
public static partial class Parameters
{
    /// <summary>Mail to addresses of the suppression list is not delivered, but returned; see master suppress.</summary>
    public static readonly Parameter<bool> SuppressionEnable = Flag("suppression_enable", "no");

    /// <summary>What makes addresses one: all between a "+" in the local part and its end does not count (plus), nor what follows a "-" (minus), nor its dots (dots). Capital letters never count.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SuppressionNormalize = List("suppression_normalize", "plus, minus, dots", "plus minus dots");

    /// <summary>Addresses that refuse mail for good are put on the list.</summary>
    public static readonly Parameter<bool> SuppressionAutomatic = Flag("suppression_automatic", "no");

    /// <summary>Refusals that put an address on the list at once: status codes ("5.1.1"; "5.7" means all that begin so) and reply codes ("550"), with "!" those that do not; the first that fits decides. None fits: suppression_failures.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SuppressionCodes = List("suppression_codes",
        "5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.2.1, 5.7.1, !5.2.2, !5.3, !5.6, !5.7, 521, 550, 551, 553, 556");

    /// <summary>So many messages in turn that failed for another reason put an address on the list; 0: none do.</summary>
    public static readonly Parameter<int> SuppressionFailures = Number("suppression_failures", "3", maximum: 100);

    /// <summary>How long an address stays that came on the list by failures; 0: until it is removed.</summary>
    public static readonly Parameter<TimeSpan> SuppressionTime = Time("suppression_time", "90d");

    /// <summary>How long an address stays that came on the list by a complaint; 0: until it is removed.</summary>
    public static readonly Parameter<TimeSpan> SuppressionComplaintTime = Time("suppression_complaint_time", "0");

    /// <summary>For whose mail an address that failed is suppressed: all, that of the sender's domain (sender_domain), or of the sender (sender).</summary>
    public static readonly Parameter<string> SuppressionScope = Choice("suppression_scope", "all", "all sender_domain sender");
}
