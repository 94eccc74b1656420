using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>What the operator asked for.</summary>
internal sealed class CommandLine
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

    /// <summary>Takes the arguments in.</summary>
    /// <returns>What is wrong with an option; null when all are fine.</returns>
    /// <exception cref="IOException">A queue name that is none.</exception>
    internal string? Parse(IReadOnlyList<string> arguments)
    {
        Getopt getopt = new(arguments, "c:d:D:e:f:h:H:pr:sSu:v");
        bool any = false;
        while (getopt.Next() is { } option)
        {
            any |= option is not ('c' or 'v');
            switch (option)
            {
                case 'c':
                    ConfigDirectory = getopt.Value;
                    break;
                case 'd':
                    Add(MessageAction.Delete, getopt.Value);
                    break;
                case 'D':
                    _discovered.Add(getopt.Value);
                    break;
                case 'u':
                    _recovered.Add(getopt.Value);
                    break;
                case 'e':
                    Add(MessageAction.Expire, getopt.Value);
                    break;
                case 'f':
                    Add(MessageAction.ExpireAndRelease, getopt.Value);
                    break;
                case 'h':
                    Add(MessageAction.Hold, getopt.Value);
                    break;
                case 'H':
                    Add(MessageAction.Release, getopt.Value);
                    break;
                case 'r':
                    Add(MessageAction.Requeue, getopt.Value);
                    break;
                case 'p':
                    Purge = true;
                    break;
                case 's' or 'S':
                    Repair = true;
                    break;
                case Getopt.Bad:
                    return getopt.Error;
                default:
                    break; // -v: there is nothing more to tell
            }
        }
        if (!any)
            Repair = Purge = true;
        foreach (string name in getopt.Operands)
        {
            if (!QueueDirectories.TryParse(name, out QueueName queue) || !MessageActions.DefaultQueues.Contains(queue))
                throw new IOException($"invalid directory name: {name}");
            _queues.Add(queue);
        }
        return null;
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
