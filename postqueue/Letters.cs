using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>Postfix's single letters, as scripts and <c>sendmail</c> use them all day; the library of the verbs is not touched for them.</summary>
internal static class Letters
{
    internal const string Usage =
        "usage: postqueue -f [--match filter] | postqueue -i queueid | postqueue -j [--match filter] | postqueue -p [--match filter] | postqueue -s site | postqueue [-j] -x queueid_or_site";

    /// <summary>A command line of letters only, or not.</summary>
    /// <param name="arguments">All of them.</param>
    /// <param name="problem">What is wrong with a letter; null when nothing is, or when it is for the verbs to say.</param>
    /// <returns>What is asked for; null: no letter asks for anything, or there are words too.</returns>
    internal static PostqueueVerb? Parse(IReadOnlyList<string> arguments, out string? problem)
    {
        problem = null;
        List<string> letters = [], filters = [];
        bool byNextAttempt = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--match" && i + 1 < arguments.Count)
                filters.Add(arguments[++i]);
            else if (arguments[i].StartsWith("--match=", StringComparison.Ordinal))
                filters.Add(arguments[i]["--match=".Length..]);
            else if (arguments[i] == "--by-next-attempt")
                byNextAttempt = true;
            else
                letters.Add(arguments[i]);
        }
        if (letters.Any(argument => argument is ['-', '-', _, ..]))
            return null;
        Getopt getopt = new(letters, "c:fi:jps:vx:");
        List<PostqueueVerb> asked = [];
        string[] config = [];
        while (getopt.Next() is { } letter)
        {
            switch (letter)
            {
                case 'c':
                    config = [getopt.Value];
                    break;
                case 'v':
                    break; // there is nothing more to tell
                case Getopt.Bad:
                    problem = getopt.Error;
                    return null;
                default:
                    asked.Add(letter switch
                    {
                        'p' => new ListVerb(),
                        'j' => new ListVerb { Json = true },
                        'f' => new FlushVerb(),
                        'i' => new FlushVerb { Id = [getopt.Value] },
                        's' => new FlushVerb { Site = [getopt.Value] },
                        _ => new ExplainVerb { What = getopt.Value },
                    });
                    break;
            }
        }
        if (getopt.Operands.Count > 0)
            return null;
        PostqueueVerb? verb = asked switch
        {
            [var one] => one,
            [ListVerb { Json: true }, ExplainVerb explain] => new ExplainVerb { What = explain.What, Json = true },
            [ExplainVerb explain, ListVerb { Json: true }] => new ExplainVerb { What = explain.What, Json = true },
            _ => null,
        };
        if (verb is null)
            problem = asked.Count == 0 ? "nothing is asked for" : "one thing at a time";
        else if (filters.Count > 1 || (filters.Count > 0 && (verb.Filter is null || verb is FlushVerb flush && (flush.Id.Any() || flush.Site.Any()))))
            problem = filters.Count > 1 ? "one --match at a time" : "--match goes with -p, -j and -f";
        else if (byNextAttempt && verb is not ListVerb)
            problem = "--by-next-attempt goes with -p and -j";
        if (verb is null || problem is not null)
            return verb;
        verb.Config = config;
        if (filters.Count > 0)
            verb.Filter = filters;
        if (verb is ListVerb list)
            list.ByNextAttempt = byNextAttempt;
        return verb;
    }
}
