using CommandLine;
using PostfixNet.Commands;
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
    internal static CommandReader<PostqueueVerb> Reader => new CommandReader<PostqueueVerb>("postqueue", $"{Letters.Usage} | postqueue list|flush|explain")
        .With<ListVerb>().With<FlushVerb>().With<ExplainVerb>();
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
