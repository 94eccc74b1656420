using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>Postfix's single letters, as scripts and <c>sendmail</c> use them all day; the library of the verbs is not touched for them.</summary>
internal static class Letters
{
    internal const string Usage =
        "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site | postqueue [-j] -x queueid_or_site";

    /// <summary>A command line of letters only, or not.</summary>
    /// <param name="arguments">All of them.</param>
    /// <param name="problem">What is wrong with a letter; null when nothing is, or when it is for the verbs to say.</param>
    /// <returns>What is asked for; null: no letter asks for anything, or there are words too.</returns>
    internal static PostqueueVerb? Parse(IReadOnlyList<string> arguments, out string? problem)
    {
        problem = null;
        if (arguments.Any(argument => argument is ['-', '-', _, ..]))
            return null;
        Getopt getopt = new(arguments, "c:fi:jps:vx:");
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
        else
            verb.Config = config;
        return verb;
    }
}
