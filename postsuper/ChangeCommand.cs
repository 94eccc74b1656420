using System.Globalization;
using PostfixNet.Actions;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Postsuper;

/// <summary>postsuper change: other routes, TLS levels, recipients and times for mail that waits (S3-10, S1-45).</summary>
internal static class ChangeCommand
{
    internal const string Word = "change";

    internal const string Usage = "usage: postsuper [-c config_dir] change QUEUE_ID...|ALL|- [--queue QUEUE] [--match FILTER] [--route TRANSPORT:NEXTHOP|usual] [--tls LEVEL|usual] [--require-tls yes|no|usual] "
        + "[--redirect ADDRESS|nobody] [--at now|+TIME|\"YYYY-MM-DD HH:MM\"] [--dry-run] [--yes]";

    private const string Usual = "usual", Nobody = "nobody", Now = "now";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>What the words ask for.</summary>
    internal sealed record Order(IReadOnlyList<string> Ids, bool IsAll, IReadOnlyList<QueueName> Where, Filter? Filter, MessageChange Change, bool IsDryRun, bool IsSure);

    /// <summary>Understands the words.</summary>
    /// <param name="words">Behind "change".</param>
    /// <param name="services">Names of the services in master.toml.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <param name="standardInput">Ids for "-".</param>
    /// <exception cref="FormatException">They are not understood.</exception>
    /// <exception cref="FilterException">Not a filter.</exception>
    internal static Order Parse(IReadOnlyList<string> words, IReadOnlyCollection<string> services, long now, Func<IEnumerable<string>> standardInput)
    {
        List<string> ids = [];
        List<QueueName> where = [];
        Filter? filter = null;
        string? route = null, tls = null, redirect = null;
        RequireTls? requireTls = null;
        long? at = null;
        bool isDryRun = false, isSure = false;
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] is not ['-', '-', _, ..])
            {
                ids.Add(words[i]);
                continue;
            }
            if (words[i] is "--dry-run" or "--yes")
            {
                isDryRun |= words[i] == "--dry-run";
                isSure |= words[i] == "--yes";
                continue;
            }
            if (i + 1 == words.Count)
                throw new FormatException($"option {PrintableText.Of(words[i])} is unknown, or needs a value");
            string value = words[++i];
            switch (words[i - 1])
            {
                case "--queue":
                    where.Add(QueueDirectories.TryParse(value, out QueueName queue) && MessageChanges.DefaultQueues.Contains(queue) ? queue
                        : throw new FormatException($"mail in \"{PrintableText.Of(value)}\" cannot be changed: hold, incoming, active, deferred"));
                    break;
                case "--match":
                    filter = filter is null ? Filter.Parse(value) : throw new FormatException("one --match at a time");
                    break;
                case "--route":
                    route = value == Usual ? "" : Route(value, services);
                    break;
                case "--tls":
                    tls = value == Usual ? "" : DestinationRule.TlsLevels.Contains(value) ? value
                        : throw new FormatException($"\"{PrintableText.Of(value)}\" is no TLS level: {string.Join(' ', DestinationRule.TlsLevels)} {Usual}");
                    break;
                case "--require-tls":
                    requireTls = value switch
                    {
                        "yes" => RequireTls.Yes,
                        "no" => RequireTls.No,
                        Usual => RequireTls.Unsaid,
                        _ => throw new FormatException($"\"{PrintableText.Of(value)}\" is neither yes nor no nor {Usual}"),
                    };
                    break;
                case "--redirect":
                    redirect = value == Nobody ? "" : DomainName.IsMailDomain(Address.DomainOf(value)) && !value.Any(char.IsControl) ? Address.FromExternal(value)
                        : throw new FormatException($"\"{PrintableText.Of(value)}\" is no address to redirect to");
                    break;
                case "--at":
                    at = Time(value, now);
                    break;
                default:
                    throw new FormatException($"unknown option {PrintableText.Of(words[i - 1])}");
            }
        }
        if (ids.Count == 0)
            throw new FormatException("which mail is missing: queue IDs, ALL or -");
        EnvelopeChange? envelope = route is null && tls is null && redirect is null && requireTls is null ? null : new EnvelopeChange(redirect, route, tls, requireTls);
        if (envelope is null && at is null)
            throw new FormatException("nothing is to be changed");
        return new Order([.. ids.Where(static id => id is not ("ALL" or "-")), .. ids.Contains("-") ? standardInput() : []], ids.Contains("ALL"),
            where.Count > 0 ? where : MessageChanges.DefaultQueues, filter, new MessageChange(envelope, at), isDryRun, isSure);
    }

    private static string Route(string value, IReadOnlyCollection<string> services)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        string transport = colon < 0 ? value : value[..colon], nextHop = colon < 0 ? "" : value[(colon + 1)..];
        if (!services.Contains(transport))
            throw new FormatException($"there is no transport \"{PrintableText.Of(transport)}\" in master.toml; a route is transport:nexthop, as smtp:[relay.example.com]:587");
        return nextHop.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)) ? throw new FormatException($"\"{PrintableText.Of(nextHop)}\" is no next hop") : value;
    }

    private static long Time(string value, long now)
    {
        if (value == Now)
            return now;
        if (value is ['+', .. var span] && Filter.ParseTime(span) is { } time)
            return now + time;
        if (DateTime.TryParseExact(value, ["yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTime local))
            return new DateTimeOffset(local).ToUnixTimeSeconds();
        throw new FormatException($"\"{PrintableText.Of(value)}\" is no time: now, +2h, \"2026-11-30 06:00\"");
    }

    /// <summary>Does it.</summary>
    internal static void Run(Order order, QueueDirectories queues, Report report, Action<string> foreign, EventLog? events = null)
    {
        Changes changes = new(queues.Root);
        using RouteBook routes = new(isRequired: true);
        bool asksWhere = order.Filter is not null && (order.Filter.Needs & FilterNeeds.Routes) != 0;
        if (order.IsDryRun || (order.IsAll && !order.IsSure && Question.IsSomebodyThere))
        {
            int shown = 0;
            MessageChanges counted = Make(mail =>
            {
                if (order.IsDryRun && shown++ < 10)
                    Sample.Show(mail);
            });
            Perform(counted);
            if (order.IsDryRun)
            {
                report.SayCount("Changed", counted.Changed, isDryRun: true);
                return;
            }
            if (!Question.IsAnsweredYes(counted.Changed))
            {
                report.Fail($"nothing was done to {counted.Changed} messages");
                return;
            }
        }
        MessageChanges doing = Make(null);
        Perform(doing);
        changes.Flush(report);
        report.SayCount("Changed", doing.Changed);

        MessageChanges Make(Action<QueuedMail>? show) => new(queues, report, changes, order.Change, GiveBack)
        {
            Filter = order.Filter,
            Routes = asksWhere ? routes : null,
            Show = show,
            Events = events,
        };

        void Perform(MessageChanges some)
        {
            some.Run(order.Ids, order.Where);
            if (order.IsAll)
            {
                report.Begin("looked at", () => order.Where.Sum(queue => queues.Count(queue)));
                some.RunAll(order.Where, foreign);
                report.Finish();
            }
        }
    }

    // When nobody answers, the mail system is down, and nothing is being delivered.
    private static void GiveBack(IReadOnlyList<string> ids)
    {
        try
        {
            using Channel channel = Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_timeout);
            channel.Send(new RuleRequest.GiveBack(ids).ToAttributes());
            _ = channel.ReceiveReply();
        }
        catch (IpcException)
        {
        }
    }
}
