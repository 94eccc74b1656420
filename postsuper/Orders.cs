using PostfixNet.Queue;
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

    /// <summary>Takes single letters in, as Postfix has them: repeated, attached, in their order, with queue names among them.</summary>
    /// <returns>What is wrong with an option; null when all are fine.</returns>
    /// <exception cref="IOException">A queue name that is none.</exception>
    internal string? Parse(IReadOnlyList<string> arguments)
    {
        Getopt getopt = new(arguments, Options.Letters);
        while (getopt.Next() is { } letter)
        {
            if (letter == Getopt.Bad)
                return getopt.Error;
            Take(letter, getopt.Value);
        }
        End(getopt.Operands);
        return null;
    }

    /// <summary>Takes options with long names in.</summary>
    /// <exception cref="IOException">A queue name that is none.</exception>
    internal void Take(Options options)
    {
        foreach ((char letter, string value) in options.Given())
            Take(letter, value);
        End(options.Queues);
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
