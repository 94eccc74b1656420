using PostfixNet.Mail;

namespace PostfixNet.Configuration;

// Read by sendmail, pickup, postqueue, smtpd.
public static partial class Parameters
{
    /// <summary>Name of the product in Received.</summary>
    public static readonly Parameter<string> MailName = Text("mail_name", "Postfix");

    /// <summary>Who may submit mail.</summary>
    public static readonly Parameter<UserList> AuthorizedSubmitUsers = Users("authorized_submit_users");

    /// <summary>How long before its time mail may be handed in that is to go out at a certain time (RFC 4865): by sendmail, and by smtpd to clients that have logged in or are at a Unix-domain socket; at most 366d. 0: not at all.</summary>
    public static readonly Parameter<TimeSpan> FutureReleaseLimit = Time("future_release_limit", "60d", maximum: FutureRelease.MostDays * 86_400);

    /// <summary>Clients of smtpd that may hand mail in ahead of its time without having logged in.</summary>
    public static readonly Parameter<MatchList> FutureReleaseNetworks = Hosts("future_release_networks", "");

    /// <summary>Where CR LF in the input becomes LF: always, in strict accord with the first line, or never.</summary>
    public static readonly Parameter<string> SendmailFixLineEndings = Choice("sendmail_fix_line_endings", "always", "always strict never");

    /// <summary>The two characters that sendmail -XV takes.</summary>
    public static readonly Parameter<string> DefaultVerpDelimiters =
        Checked("default_verp_delimiters", "+=", static text => text.Length == 2, "is not accepted; give two characters");

    /// <summary>Who may list the queue.</summary>
    public static readonly Parameter<UserList> AuthorizedMailqUsers = Users("authorized_mailq_users");

    /// <summary>Who may have mail tried at once.</summary>
    public static readonly Parameter<UserList> AuthorizedFlushUsers = Users("authorized_flush_users");
}
