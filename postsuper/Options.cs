using CommandLine;
using PostfixNet.Commands;

namespace PostfixNet.Postsuper;

/// <summary>The table of options: letter, long name, what is told of it. Letters alone are read by getopt, in their order; a command line
/// with long names by the library, which wants each once: --delete takes several ids with commas between them.</summary>
internal sealed class Options : Command
{
    /// <summary>The same letters for getopt.</summary>
    internal const string Letters = "c:d:D:e:f:h:H:pr:sSu:v";

    private const string Usage = "usage: postsuper [--config DIRECTORY] [--delete|--expire|--expire-release|--hold|--release|--requeue|--discover|--recover ID,...|-|ALL] "
        + "[--match FILTER] [--dry-run] [--yes] [--purge] [--structure] [queue...]";

    private const string Id = "QUEUE_ID,...";

    [Option('d', "delete", Max = 1, MetaValue = Id, HelpText = "Delete. An id of \"-\" reads ids from standard input, \"ALL\" means all messages, here and below.")]
    public IEnumerable<string> Delete { get; set; } = [];

    [Option('h', "hold", Max = 1, MetaValue = Id, HelpText = "Put on hold.")]
    public IEnumerable<string> Hold { get; set; } = [];

    [Option('H', "release", Max = 1, MetaValue = Id, HelpText = "Release from hold.")]
    public IEnumerable<string> Release { get; set; } = [];

    [Option('r', "requeue", Max = 1, MetaValue = Id, HelpText = "Have it processed anew, from maildrop.")]
    public IEnumerable<string> Requeue { get; set; } = [];

    [Option('e', "expire", Max = 1, MetaValue = Id, HelpText = "Let it expire at its next attempt.")]
    public IEnumerable<string> Expire { get; set; } = [];

    [Option('f', "expire-release", Max = 1, MetaValue = Id, HelpText = "Likewise, and release it from hold.")]
    public IEnumerable<string> ExpireAndRelease { get; set; } = [];

    [Option('D', "discover", Max = 1, MetaValue = Id, HelpText = "Take in mail that was put into the queue by hand.")]
    public IEnumerable<string> Discover { get; set; } = [];

    [Option('u', "recover", Max = 1, MetaValue = Id, HelpText = "Take back mail that was moved to corrupt.")]
    public IEnumerable<string> Recover { get; set; } = [];

    [Option('s', "structure", HelpText = "Repair names and places of queue files.")]
    public bool Structure { get; set; }

    [Option('S', "structure-redundant", Hidden = true)]
    public bool StructureToo { get; set; }

    [Option('p', "purge", HelpText = "Remove incomplete files, and logs of messages that are gone.")]
    public bool Purge { get; set; }

    [Option('v', "verbose", HelpText = "Nothing more.")]
    public bool Verbose { get; set; }

    [Option("match", Max = 1, MetaValue = "FILTER", HelpText = "Only mail that is meant by a filter, as \"sender=*@example.com and age>2h\" (docs/selection.md).")]
    public IEnumerable<string> Match { get; set; } = [];

    [Option("dry-run", HelpText = "Change nothing; tell how many messages are meant, and show some.")]
    public bool DryRun { get; set; }

    [Option("yes", HelpText = "Do not ask, however many there are.")]
    public bool Yes { get; set; }

    [Value(0, MetaName = "QUEUE...", HelpText = "Default: maildrop, hold, incoming, active, deferred.")]
    public IEnumerable<string> Queues { get; set; } = [];

    internal static CommandReader<Options> Reader => new CommandReader<Options>("postsuper", Usage) { Manual = typeof(Options).Assembly }.With<Options>();

    /// <summary>What was given, in letters.</summary>
    internal IEnumerable<(char Letter, string Value)> Given()
    {
        foreach (string directory in Config)
            yield return ('c', directory);
        (char, IEnumerable<string>)[] actions =
        [
            ('d', Delete), ('h', Hold), ('H', Release), ('r', Requeue), ('e', Expire), ('f', ExpireAndRelease), ('D', Discover), ('u', Recover),
        ];
        foreach ((char letter, IEnumerable<string> values) in actions)
        {
            foreach (string id in values.SelectMany(value => value.Split(',')))
                yield return (letter, id);
        }
        if (Structure || StructureToo)
            yield return ('s', "");
        if (Purge)
            yield return ('p', "");
    }
}
