using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Notices;

/// <summary>What is fixed in a kind of notice. Postfix's bounce(5).</summary>
/// <param name="From">Value of From:, completed by cleanup.</param>
/// <param name="Subject">To a sender.</param>
/// <param name="PostmasterSubject">To the postmaster; where there are no postmaster copies, the same.</param>
/// <param name="Text">The introduction, lines ending with LF, nothing left to expand.</param>
public sealed record NoticeTemplate(string From, string Subject, string PostmasterSubject, string Text);

/// <summary>The templates of all kinds: built in, or from bounce_template_file.</summary>
public sealed record NoticeTemplates(NoticeTemplate Failure, NoticeTemplate Delay, NoticeTemplate Success, NoticeTemplate Status)
{
    /// <summary>Value of From: in built-in templates.</summary>
    internal const string From = "Mail Delivery System <MAILER-DAEMON>";

    private const string Help = """

        For further assistance, please send mail to postmaster.

        If you do so, please include this problem report. You can
        delete your own text from the attached returned message.

        """;

    private const string End = """

                           The mail system

        """;

    /// <summary>Those of bounce_template_file; built-in ones for what it does not have.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or used; with its line.</exception>
    public static NoticeTemplates Load(MainConfig config) => config.Get(Parameters.BounceTemplateFile).Length > 0 ? TemplateFile.Load(config) : BuiltIn(config);

    /// <summary>The built-in ones.</summary>
    public static NoticeTemplates BuiltIn(MainConfig config) => BuiltIn(name => ValueOf(config, name));

    /// <summary>The template of a kind.</summary>
    public NoticeTemplate Of(NoticeKind kind) => kind switch
    {
        NoticeKind.Failure => Failure,
        NoticeKind.Delay => Delay,
        NoticeKind.Success => Success,
        _ => Status,
    };

    /// <summary>The built-in ones. These sentences are an interface: software that recognises bounces of Postfix looks for
    /// them.</summary>
    /// <param name="valueOf">Values for $name.</param>
    public static NoticeTemplates BuiltIn(Func<string, string> valueOf) => new(
        Make("Undelivered Mail Returned to Sender", "Postmaster Copy: Undelivered Mail", """
            I'm sorry to have to inform you that your message could not
            be delivered to one or more recipients. It's attached below.

            """ + Help, valueOf),
        Make("Delayed Mail (still being retried)", "Postmaster Warning: Delayed Mail", """
            ####################################################################
            # THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
            ####################################################################

            Your message could not be delivered for more than $delay_warning_time_hours hour(s).
            It will be retried until it is $maximal_queue_lifetime_days day(s) old.

            """ + Help, valueOf),
        Make("Successful Mail Delivery Report", null, """
            Your message was successfully delivered to the destination(s)
            listed below. If the message was delivered to mailbox you will
            receive no further notifications. Otherwise you may still receive
            notifications of mail delivery errors from other systems.

            """, valueOf),
        Make("Mail Delivery Status Report", null, "Enclosed is the mail delivery report that you requested.\n", valueOf));

    private static NoticeTemplate Make(string subject, string? postmasterSubject, string text, Func<string, string> valueOf) => new(
        From, subject, postmasterSubject ?? subject, Expansion.Expand($"This is the mail system at host $myhostname.\n\n{text}{End}", valueOf));

    /// <summary>Values for $name in templates: parameters, and times in a unit, e.g. $delay_warning_time_hours.</summary>
    /// <exception cref="FormatException">There is no such name.</exception>
    public static string ValueOf(MainConfig config, string name)
    {
        (Parameter<TimeSpan> Parameter, string Prefix)[] times =
        [
            (Parameters.DelayWarningTime, "delay_warning_time_"), (Parameters.MaximalQueueLifetime, "maximal_queue_lifetime_"),
        ];
        foreach ((Parameter<TimeSpan> parameter, string prefix) in times)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && SecondsIn(name[prefix.Length..]) is { } unit)
                return ((long)config.Get(parameter).TotalSeconds / unit).ToString(CultureInfo.InvariantCulture);
        }
        return config.ReferencedText(name);
    }

    private static long? SecondsIn(string unit) => unit switch
    {
        "seconds" => 1,
        "minutes" => 60,
        "hours" => 3600,
        "days" => 86_400,
        "weeks" => 604_800,
        _ => null,
    };
}
