using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>HELO and EHLO: RFC 5321 section 4.1.1.1.</summary>
internal sealed class Greeting(Surroundings surroundings, Session session, LoginCommands login)
{
    private SmtpdOptions Options => surroundings.Options;

    internal ValueTask<Reply> Helo(CommandLine line) => Take(line, "HELO", isExtended: false);

    internal ValueTask<Reply> Ehlo(CommandLine line) => Take(line, "EHLO", isExtended: true);

    private async ValueTask<Reply> Take(CommandLine line, string name, bool isExtended)
    {
        if (line.Argument.Length == 0)
            return new Reply(501, "", $"Syntax: {name} hostname");
        string? before = session.Helo;
        // What goes into headers and log lines is fit for them.
        session.Helo = PrintableText.Neutral(line.Argument.Length > LongestName ? line.Argument[..LongestName] : line.Argument);
        if (await surroundings.Access.Helo(session, name) is { } refusal)
        {
            session.Helo = before;
            return refusal;
        }
        // Another refusal than 421 holds from MAIL on.
        if (session.Milters is { } milters && await milters.Helo(name, line.Argument) is { Code: 421 } wanted)
        {
            session.Helo = before;
            return wanted;
        }
        // RFC 5321 section 4.1.4: as RSET.
        session.EndTransaction();
        (session.IsExtended, session.Protocol) = (isExtended, isExtended ? "ESMTP" : "SMTP");
        return new Reply(250, "", isExtended ? string.Join('\n', [Options.MyHostname, .. await Features()]) : Options.MyHostname);
    }

    private const int LongestName = 512;
    private const string RequireTls = "REQUIRETLS", FutureReleaseKeyword = "FUTURERELEASE";

    /// <summary>Clients may use REQUIRETLS (RFC 8689), where <see cref="IsProtected"/>.</summary>
    internal static bool MayRequireTls(SmtpdOptions options) => options.KnowsRequireTls && options.Offers(RequireTls);

    /// <summary>The client hands in mail of its own, and may have it wait for its time (RFC 4865); mail of others must not fill the queue.</summary>
    internal static bool MayHold(SmtpdOptions options, Session session) => options.FutureReleaseLimit > TimeSpan.Zero && options.Offers(FutureReleaseKeyword)
        && (session.Login is not null || session.Client.Uid is not null || options.FutureReleaseNetworks.Contains(session.Client.Name, session.Client.AddressOrLoopback));

    /// <summary>Nobody can read along on the way or change what is said: the session is over TLS, or at a Unix-domain socket of this host.</summary>
    internal static bool IsProtected(Session session) => session.Tls is not null || session.Client is { Address: null, Uid: not null };

    private async ValueTask<IEnumerable<string>> Features()
    {
        List<string> all =
        [
            "PIPELINING",
            Options.MessageSizeLimit > 0 ? string.Create(CultureInfo.InvariantCulture, $"SIZE {Options.MessageSizeLimit}") : "SIZE",
        ];
        if (!Options.IsVrfyDisabled)
            all.Add("VRFY");
        if (surroundings.Tls is not null && session.Tls is null)
            all.Add("STARTTLS");
        if (await login.Mechanisms() is { Count: > 0 } mechanisms)
        {
            all.Add($"AUTH {string.Join(' ', mechanisms)}");
            if (Options.AnnouncesOldAuth)
                all.Add($"AUTH={string.Join(' ', mechanisms)}");
        }
        if (ClientCommands.MayTellClient(Options, session))
            all.Add(ClientCommands.ClientFeature);
        if (ClientCommands.MayForward(Options, session))
            all.Add(ClientCommands.ForwardFeature);
        all.AddRange(["ENHANCEDSTATUSCODES", "8BITMIME", "DSN"]);
        if (Options.IsSmtpUtf8Enabled)
            all.Add("SMTPUTF8");
        all.Add("CHUNKING");
        if (IsProtected(session) && MayRequireTls(Options))
            all.Add(RequireTls);
        if (MayHold(Options, session))
        {
            long limit = (long)Options.FutureReleaseLimit.TotalSeconds, now = MailTime.Microseconds(surroundings.Clock) / 1_000_000;
            all.Add(string.Create(CultureInfo.InvariantCulture, $"{FutureReleaseKeyword} {limit} {FutureRelease.Date(now + limit)}"));
        }
        // RFC 9422.
        all.Add(string.Create(CultureInfo.InvariantCulture, $"LIMITS RCPTMAX={Options.RecipientLimit}"));
        return all.Where(feature => Options.Offers(feature.Split(' ', '=')[0]));
    }
}
