namespace PostfixNet.Configuration;

// Read by bounce and defer.
public static partial class Parameters
{
    /// <summary>Larger messages are returned as headers only.</summary>
    public static readonly Parameter<int> BounceSizeLimit = Number("bounce_size_limit", "50000", minimum: 1);

    /// <summary>Texts of notices in place of the built-in ones.</summary>
    public static readonly Parameter<string> BounceTemplateFile = Text("bounce_template_file", "");

    /// <summary>Who gets copies of failure notices.</summary>
    public static readonly Parameter<string> BounceNoticeRecipient = MailAddress("bounce_notice_recipient", "postmaster");

    /// <summary>Who gets notices that could not be delivered.</summary>
    public static readonly Parameter<string> DoubleBounceNoticeRecipient = MailAddress("2bounce_notice_recipient", "postmaster");

    /// <summary>Who gets copies of delay warnings.</summary>
    public static readonly Parameter<string> DelayNoticeRecipient = MailAddress("delay_notice_recipient", "postmaster");

    /// <summary>Notices refer to the message that they are about.</summary>
    public static readonly Parameter<bool> EnableThreadedBounces = Flag("enable_threaded_bounces", "no");

    /// <summary>One failure notice for all recipients of a message, also where each has a sender of its own.</summary>
    public static readonly Parameter<bool> DisableVerpBounces = Flag("disable_verp_bounces", "no");

    /// <summary>Records also have the line of old versions, "&lt;address&gt;: text".</summary>
    public static readonly Parameter<bool> BackwardsBounceLogfileCompatibility = Flag("backwards_bounce_logfile_compatibility", "yes");

    /// <summary>Failure notices that one sender gets within bounce_digest_window; more are joined into one report. 0: never
    /// joined. Ours beyond Postfix.</summary>
    public static readonly Parameter<int> BounceDigestLimit = Number("bounce_digest_limit", "0");

    /// <summary>See bounce_digest_limit. Ours beyond Postfix.</summary>
    public static readonly Parameter<TimeSpan> BounceDigestWindow = Time("bounce_digest_window", "1h", minimum: 1);
}
