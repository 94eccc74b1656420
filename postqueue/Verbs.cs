using CommandLine;
using PostfixNet.Commands;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>What <c>postqueue</c> can be asked for: one class for each verb, the words of its help, and what it does. Postfix's letters
/// ask for the same, see <see cref="Letters"/>.</summary>
internal abstract class PostqueueVerb : Command
{
    /// <summary>The filter that is given with the letters, too.</summary>
    internal virtual IEnumerable<string>? Filter { get => null; set => throw new InvalidOperationException("no filter"); }

    /// <summary>Does it.</summary>
    /// <returns>Exit status.</returns>
    internal abstract int Run(PostqueueSettings settings, CallerLog log);
}

internal static class Verbs
{
    internal static CommandReader<PostqueueVerb> Reader => new CommandReader<PostqueueVerb>("postqueue", $"{Letters.Usage} | postqueue list|flush|explain|destinations|cat|top|qshape|tail|history") { Manual = typeof(Verbs).Assembly }
        .With<ListVerb>().With<FlushVerb>().With<ExplainVerb>().With<DestinationsVerb>()
        .With<CatVerb>().With<TopVerb>().With<ShapeVerb>().With<TailVerb>().With<HistoryVerb>();
}

[Verb("list", HelpText = "List the queue (-p).")]
internal sealed class ListVerb : PostqueueVerb
{
    [Option('j', "json", HelpText = "One JSON object a line.")]
    public bool Json { get; set; }

    [Option("match", Max = 1, MetaValue = "FILTER", HelpText = "Only mail that is meant by a filter, as \"recipient=*@example.com and age>2h\" (docs/selection.md).")]
    public IEnumerable<string> Match { get; set; } = [];

    [Option('o', "by-next-attempt", HelpText = "The earliest next attempt first; the listing begins when all mail was looked at.")]
    public bool ByNextAttempt { get; set; }

    internal override IEnumerable<string>? Filter { get => Match; set => Match = value ?? []; }

    internal override int Run(PostqueueSettings settings, CallerLog log) =>
        ListCommand.Run(settings, log, Json, Match.FirstOrDefault() is { } match ? Selection.Filter.Parse(match) : null, ByNextAttempt);
}

[Verb("flush", HelpText = "Have deferred mail tried now (-f).")]
internal sealed class FlushVerb : PostqueueVerb
{
    [Option('i', "id", Max = 1, MetaValue = "QUEUE_ID", SetName = "one", HelpText = "One message only.")]
    public IEnumerable<string> Id { get; set; } = [];

    [Option('s', "site", Max = 1, MetaValue = "DOMAIN", SetName = "site", HelpText = "Mail with a recipient in this domain only.")]
    public IEnumerable<string> Site { get; set; } = [];

    [Option("match", Max = 1, MetaValue = "FILTER", SetName = "match", HelpText = "Mail that is meant by a filter only (docs/selection.md).")]
    public IEnumerable<string> Match { get; set; } = [];

    internal override IEnumerable<string>? Filter { get => Match; set => Match = value ?? []; }

    internal override int Run(PostqueueSettings settings, CallerLog log) =>
        Match.FirstOrDefault() is { } match ? FlushCommand.Matching(settings, log, Selection.Filter.Parse(match))
        : Id.FirstOrDefault() is { } id ? FlushCommand.One(settings, log, id)
        : Site.FirstOrDefault() is { } site ? FlushCommand.Site(settings, log, site)
        : FlushCommand.All(settings, log);
}

[Verb("explain", HelpText = "Tell why mail waits (-x).")]
internal sealed class ExplainVerb : PostqueueVerb
{
    [Value(0, Required = true, MetaName = "QUEUE_ID_OR_DOMAIN", HelpText = "One message, or the mail for a domain.")]
    public string What { get; set; } = "";

    [Option('j', "json", HelpText = "One JSON object a message.")]
    public bool Json { get; set; }

    internal override int Run(PostqueueSettings settings, CallerLog log) => ExplainCommand.Run(settings, log, What, Json);
}

[Verb("destinations", HelpText = "Tell transports and destinations that are suspended or left alone after failures, and where mail waits.")]
internal sealed class DestinationsVerb : PostqueueVerb
{
    [Option('j', "json", HelpText = "One JSON object for each transport, then for each destination.")]
    public bool Json { get; set; }

    internal override int Run(PostqueueSettings settings, CallerLog log) => DestinationsCommand.Run(settings, log, Json);
}

[Verb("cat", HelpText = "Show a message: its headers and body, or what is asked for.")]
internal sealed class CatVerb : PostqueueVerb
{
    [Value(0, Required = true, MetaName = "QUEUE_ID", HelpText = "The message, in any queue.")]
    public string Id { get; set; } = "";

    [Option('e', "envelope", HelpText = "What its queue file says: sender, recipients, times, attributes.")]
    public bool Envelope { get; set; }

    [Option('h', "headers", HelpText = "Its headers.")]
    public bool Headers { get; set; }

    [Option('b', "body", HelpText = "Its body.")]
    public bool Body { get; set; }

    [Option("decoded", HelpText = "As people read it: encoded words and text parts decoded, other parts named.")]
    public bool Decoded { get; set; }

    [Option('j', "json", HelpText = "One JSON object: without -e, -h or -b all three.")]
    public bool Json { get; set; }

    internal override int Run(PostqueueSettings settings, CallerLog log) => CatCommand.Run(settings, log, Id,
        (Envelope || Headers || Body ? new MessageParts(Envelope, Headers, Body, Decoded) : new MessageParts(Json, true, true, Decoded)) with { IsJson = Json });
}

[Verb("top", HelpText = "Where mail waits and why, with counts and ages; on a terminal until it is ended.")]
internal sealed class TopVerb : PostqueueVerb
{
    [Option('j', "json", HelpText = "One JSON object for each destination and reason, once.")]
    public bool Json { get; set; }

    [Option("once", HelpText = "Once, also on a terminal.")]
    public bool Once { get; set; }

    [Option('n', "interval", Max = 1, MetaValue = "SECONDS", HelpText = "Between two looks: 1 to 3600, else 2.")]
    public IEnumerable<int> Interval { get; set; } = [];

    [Option("match", Max = 1, MetaValue = "FILTER", HelpText = "Only mail that is meant by a filter (docs/selection.md).")]
    public IEnumerable<string> Match { get; set; } = [];

    internal override int Run(PostqueueSettings settings, CallerLog log) =>
        TopCommand.Run(settings, log, Match.FirstOrDefault() is { } match ? Selection.Filter.Parse(match) : null, Json, Once, Math.Clamp(Interval.FirstOrDefault(2), 1, 3600));
}

[Verb("qshape", HelpText = "How old what waits is, by the domain of recipients; of incoming and active, unless queues are named.")]
internal sealed class ShapeVerb : PostqueueVerb
{
    [Value(0, MetaName = "QUEUE...", HelpText = "incoming, active, deferred, hold, maildrop.")]
    public IEnumerable<string> Queues { get; set; } = [];

    [Option('s', "senders", HelpText = "Messages, by the domain of their sender.")]
    public bool Senders { get; set; }

    [Option('j', "json", HelpText = "One JSON object for each domain.")]
    public bool Json { get; set; }

    [Option("match", Max = 1, MetaValue = "FILTER", HelpText = "Only mail that is meant by a filter (docs/selection.md).")]
    public IEnumerable<string> Match { get; set; } = [];

    internal override int Run(PostqueueSettings settings, CallerLog log) => Queues.FirstOrDefault(static queue => !QueueDirectories.TryParse(queue, out _)) is { } wrong
        ? log.Fatal($"invalid queue name: {Mail.PrintableText.Of(wrong)}", ExitStatus.Usage)
        : ShapeCommand.Run(settings, log, Match.FirstOrDefault() is { } match ? Selection.Filter.Parse(match) : null, Senders, Json, [.. Queues]);
}

[Verb("tail", HelpText = "Follow a message, or the mail for a destination, until it is gone.")]
internal sealed class TailVerb : PostqueueVerb
{
    [Value(0, Required = true, MetaName = "QUEUE_ID_OR_DOMAIN", HelpText = "One message, or the mail for a domain, or from or to an address.")]
    public string What { get; set; } = "";

    [Option('j', "json", HelpText = "One JSON object for each change.")]
    public bool Json { get; set; }

    internal override int Run(PostqueueSettings settings, CallerLog log) => TailCommand.Run(settings, log, What, Json, seconds: 1);
}

[Verb("history", HelpText = "Find mail of the past (history_enable), or tell the story of one message.")]
internal sealed class HistoryVerb : PostqueueVerb
{
    // What messages, and recipients, can be.
    private static readonly string[] s_states =
        ["queued", "deferred", "held", "sent", "failed", "deleted", "requeued", "waiting", "delivered", "relayed", "expanded", "bounced", "expired", "discarded", "suppressed", "redirected"];

    [Value(0, MetaName = "QUEUE_ID", HelpText = "One message, with all its steps.")]
    public string Id { get; set; } = "";

    [Option("sender", Max = 1, MetaValue = "ADDRESS", HelpText = "From this address, or domain; \"<>\": the null sender.")]
    public IEnumerable<string> Sender { get; set; } = [];

    [Option("recipient", Max = 1, MetaValue = "ADDRESS", HelpText = "To this address, or domain.")]
    public IEnumerable<string> Recipient { get; set; } = [];

    [Option("message-id", Max = 1, MetaValue = "ID", HelpText = "With this Message-ID.")]
    public IEnumerable<string> MessageId { get; set; } = [];

    [Option("since", Max = 1, MetaValue = "TIME", HelpText = "Came in after this: \"2h\" ago, \"2026-11-27\", \"2026-11-27 10:00\".")]
    public IEnumerable<string> Since { get; set; } = [];

    [Option("until", Max = 1, MetaValue = "TIME", HelpText = "Came in before this.")]
    public IEnumerable<string> Until { get; set; } = [];

    [Option("state", Max = 1, MetaValue = "STATE", HelpText = "A message, or a recipient of it, is this: queued, deferred, held, sent, failed, bounced ...")]
    public IEnumerable<string> State { get; set; } = [];

    [Option("limit", Max = 1, MetaValue = "COUNT", HelpText = "So many messages at most: 1 to 1000, else 50.")]
    public IEnumerable<int> Limit { get; set; } = [];

    [Option("before", Max = 1, MetaValue = "NUMBER", HelpText = "The next page, as the one before told.")]
    public IEnumerable<long> Before { get; set; } = [];

    [Option("status", HelpText = "How much is kept, and how far behind it is.")]
    public bool Status { get; set; }

    [Option('j', "json", HelpText = "One JSON object a line.")]
    public bool Json { get; set; }

    internal override int Run(PostqueueSettings settings, CallerLog log)
    {
        long now = Mail.MailTime.NowMicroseconds;
        (string? since, string? until) = (Since.FirstOrDefault(), Until.FirstOrDefault());
        string? problem = Id.Length > 0 && !QueueId.TryParse(Id, out _) ? $"invalid queue ID: {Mail.PrintableText.Of(Id)}"
            : (since is not null && HistoryMoment.Parse(since, now) is null) || (until is not null && HistoryMoment.Parse(until, now) is null) ? $"--since, --until: {HistoryMoment.Accepted}"
            : State.Any(static state => !s_states.Contains(state)) ? $"--state: give one of {string.Join(", ", s_states)}"
            : Limit.Any(static limit => limit is < 1 or > Delivery.HistoryQuestion.MostMessages) ? "--limit: give a number from 1 to 1000"
            : Status && (Id.Length > 0 || Sender.Concat(Recipient).Concat(MessageId).Concat(Since).Concat(Until).Concat(State).Any() || Limit.Any() || Before.Any()) ? "--status stands alone"
            : null;
        return problem is not null ? log.Fatal(problem, ExitStatus.Usage) : HistoryCommand.Run(settings, log, new Delivery.HistoryQuestion
        {
            QueueId = Id.Length > 0 ? Id : null,
            Sender = Sender.FirstOrDefault() is { } sender ? sender == "<>" ? "" : sender : null,
            Recipient = Recipient.FirstOrDefault(),
            MessageId = MessageId.FirstOrDefault(),
            Since = since is null ? null : HistoryMoment.Parse(since, now),
            Until = until is null ? null : HistoryMoment.Parse(until, now),
            State = State.FirstOrDefault(),
            Limit = Limit.FirstOrDefault(50),
            Before = Before.Any() ? Before.First() : null,
            IsAboutService = Status,
            IsJson = Json,
        });
    }
}
