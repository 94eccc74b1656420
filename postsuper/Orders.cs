using PostfixNet.Actions;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>What the operator asked for.</summary>
internal sealed class Orders
{
    private readonly List<(MessageAction Action, string Id)> _messages = [];
    private readonly List<QueueName> _queues = [];
    private readonly List<string> _discovered = [], _recovered = [];

    internal string? ConfigDirectory { get; private set; }

    /// <summary>-s: repair names and places.</summary>
    internal bool Repair { get; private set; }

    /// <summary>-p: remove what crashes left.</summary>
    internal bool Purge { get; private set; }

    /// <summary>Single messages, in the order given.</summary>
    internal IReadOnlyList<(MessageAction Action, string Id)> Messages => _messages;

    /// <summary>Actions on the ids from standard input.</summary>
    internal MessageAction FromStandardInput { get; private set; }

    /// <summary>Actions on all messages.</summary>
    internal MessageAction All { get; private set; }

    /// <summary>Every action that occurs: each gets a line in the summary.</summary>
    internal MessageAction Asked { get; private set; }

    /// <summary>-D: ids to discover; "-" and "ALL" as elsewhere.</summary>
    internal IReadOnlyList<string> Discovered => _discovered;

    /// <summary>-u: ids to take back from corrupt.</summary>
    internal IReadOnlyList<string> Recovered => _recovered;

    /// <summary>The queues named; empty = the default ones.</summary>
    internal IReadOnlyList<QueueName> Queues => _queues;

    /// <summary>--match: only these messages; null: all that are named.</summary>
    internal Filter? Filter { get; private set; }

    /// <summary>--dry-run: nothing is changed, and told what would be.</summary>
    internal bool IsDryRun { get; private set; }

    /// <summary>--yes: no questions.</summary>
    internal bool IsSure { get; private set; }

    /// <summary>Takes single letters in, as Postfix has them: repeated, attached, in their order, with queue names among them.</summary>
    /// <param name="arguments">Letters, and those long names that go with letters.</param>
    /// <param name="isOurs">False: there are other long names; nothing was taken.</param>
    /// <returns>What is wrong with an option; null when all are fine.</returns>
    /// <exception cref="IOException">A queue name that is none.</exception>
    /// <exception cref="FilterException">Not a filter.</exception>
    internal string? Parse(IReadOnlyList<string> arguments, out bool isOurs)
    {
        const string Match = "--match";
        List<string> letters = [], filters = [];
        bool isDryRun = false, isSure = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == Match && i + 1 < arguments.Count)
                filters.Add(arguments[++i]);
            else if (arguments[i].StartsWith(Match + "=", StringComparison.Ordinal))
                filters.Add(arguments[i][(Match.Length + 1)..]);
            else if (arguments[i] == "--dry-run")
                isDryRun = true;
            else if (arguments[i] == "--yes")
                isSure = true;
            else
                letters.Add(arguments[i]);
        }
        isOurs = !letters.Any(argument => argument is ['-', '-', _, ..]);
        if (!isOurs)
            return null;
        if (filters.Count > 1)
            return "one --match at a time";
        (Filter, IsDryRun, IsSure) = (filters is [var filter] ? Filter.Parse(filter) : null, isDryRun, isSure);
        Getopt getopt = new(letters, Options.Letters);
        while (getopt.Next() is { } letter)
        {
            if (letter == Getopt.Bad)
                return getopt.Error;
            Take(letter, getopt.Value);
        }
        End(getopt.Operands);
        return Wrong();
    }

    /// <inheritdoc cref="Parse(IReadOnlyList{string}, out bool)"/>
    internal string? Parse(IReadOnlyList<string> arguments) => Parse(arguments, out _);

    // A filter that narrows nothing down would be taken for one that does.
    private string? Wrong() => (Filter is not null || IsDryRun) && (Asked == MessageAction.None || _discovered.Count > 0 || _recovered.Count > 0 || Repair || Purge)
        ? $"{(Filter is not null ? "--match" : "--dry-run")} goes with -d, -e, -f, -h, -H and -r" : null;

    /// <summary>Takes options with long names in.</summary>
    /// <returns>What is wrong with them; null when all are fine.</returns>
    /// <exception cref="IOException">A queue name that is none.</exception>
    /// <exception cref="FilterException">Not a filter.</exception>
    internal string? Take(Options options)
    {
        foreach ((char letter, string value) in options.Given())
            Take(letter, value);
        (Filter, IsDryRun, IsSure) = (options.Match.FirstOrDefault() is { } match ? Filter.Parse(match) : null, options.DryRun, options.Yes);
        End(options.Queues);
        return Wrong();
    }

    private void Take(char letter, string value)
    {
        switch (letter)
        {
            case 'c':
                ConfigDirectory = value;
                break;
            case 'd':
                Add(MessageAction.Delete, value);
                break;
            case 'D':
                _discovered.Add(value);
                break;
            case 'u':
                _recovered.Add(value);
                break;
            case 'e':
                Add(MessageAction.Expire, value);
                break;
            case 'f':
                Add(MessageAction.ExpireAndRelease, value);
                break;
            case 'h':
                Add(MessageAction.Hold, value);
                break;
            case 'H':
                Add(MessageAction.Release, value);
                break;
            case 'r':
                Add(MessageAction.Requeue, value);
                break;
            case 'p':
                Purge = true;
                break;
            case 's' or 'S':
                Repair = true;
                break;
            default:
                break; // -v: there is nothing more to tell
        }
    }

    private void End(IEnumerable<string> queues)
    {
        if (Asked == MessageAction.None && _discovered.Count == 0 && _recovered.Count == 0 && !Repair && !Purge)
            Repair = Purge = true;
        foreach (string name in queues)
        {
            if (!QueueDirectories.TryParse(name, out QueueName queue) || !MessageActions.DefaultQueues.Contains(queue))
                throw new IOException($"invalid directory name: {name}");
            _queues.Add(queue);
        }
    }

    private void Add(MessageAction action, string id)
    {
        Asked |= action;
        if (id == "-")
            FromStandardInput |= action;
        else if (id == "ALL")
            All |= action;
        else
            _messages.Add((action, id));
    }
}
