using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    /// <summary>Letter of -b: m (a message), p (list), i (nothing to do here: aliases, host status, a daemon's queue runs).</summary>
    internal char Mode { get; private set; } = 'm';

    internal string? ConfigDirectory { get; private set; }

    /// <summary>-f as given; null: the caller's login name.</summary>
    internal string? Sender { get; private set; }

    internal string? FullName { get; private set; }

    internal bool TakesHeaderRecipients { get; private set; }

    internal bool IgnoresDots { get; private set; }

    internal bool IsRemote { get; private set; }

    internal BodyEncoding Encoding { get; private set; }

    internal Notify Notify { get; private set; }

    internal DsnReturn Return { get; private set; }

    internal string? EnvelopeId { get; private set; }

    internal string? Verp { get; private set; }

    internal Tracing Tracing { get; private set; }

    /// <summary>Arguments for postqueue; null: no -q.</summary>
    internal IReadOnlyList<string>? Flush { get; private set; }

    internal IReadOnlyList<string> Recipients { get; private set; } = [];

    /// <exception cref="SubmissionException">An option that is unknown, incomplete, or not supported.</exception>
    internal static Options Parse(IReadOnlyList<string> arguments, string letters, Action<string> warn)
    {
        Options options = new();
        Getopt getopt = new(SeparateValues(arguments), letters);
        while (getopt.Next() is { } letter)
        {
            if (letter == Getopt.Bad)
                throw new SubmissionException($"{getopt.Error}; usage: sendmail [options]");
            options.Take(letter, getopt.Value, warn);
        }
        options.Recipients = getopt.Operands;
        return options;
    }

    // "-q" and "-o" alone take no value, against what their letters say.
    private static List<string> SeparateValues(IReadOnlyList<string> arguments)
    {
        List<string> result = new(arguments.Count);
        foreach (string argument in arguments)
            result.Add(argument == "-q" ? "-q;" : argument);
        return result;
    }

    private void Take(char letter, string value, Action<string> warn)
    {
        switch (letter)
        {
            case 'f' or 'r':
                Sender = value;
                break;
            case 'F':
                FullName = value;
                break;
            case 't':
                TakesHeaderRecipients = true;
                break;
            case 'i':
                IgnoresDots = true;
                break;
            case 'o':
                if (value == "i")
                    IgnoresDots = true;
                else if (value.StartsWith('f'))
                    Sender = value[1..];
                break;
            case 'C':
                ConfigDirectory = value;
                break;
            case 'G':
                IsRemote = true;
                break;
            case 'v':
                Tracing = Tracing.Report;
                break;
            case 'B':
                Encoding = value switch
                {
                    "8BITMIME" => BodyEncoding.EightBit,
                    "7BIT" => BodyEncoding.SevenBit,
                    _ => throw new SubmissionException("-B option needs 8BITMIME or 7BIT"),
                };
                break;
            case 'N':
                Notify = ParseNotify(value, warn);
                break;
            case 'R':
                if (!DsnReturns.TryParse(value, out DsnReturn wanted))
                    warn("bad -R option value -- ignored");
                Return = wanted;
                break;
            case 'V':
                EnvelopeId = IsEnvelopeId(value) ? value : null;
                if (EnvelopeId is null)
                    warn($"{(value.Length > LongestEnvelopeId ? "too long" : "bad syntax in")} -V option value -- ignored");
                break;
            case 'n':
                throw new SubmissionException("-n option not supported");
            case 'X':
                if (value.StartsWith('V'))
                    Verp = value[1..];
                break;
            case 'b':
                Mode = value switch
                {
                    "m" or "p" or "i" => value[0],
                    "h" or "H" => 'i',
                    _ => throw new SubmissionException($"unsupported: -b{value}"),
                };
                break;
            case 'I':
                Mode = 'i';
                break;
            case 'q':
                TakeFlush(value);
                break;
            default:
                break; // accepted and ignored, as for decades
        }
    }

    private void TakeFlush(string value)
    {
        if (value == ";")
            Flush = ["-f"];
        else if (value.StartsWith('I'))
            Flush = ["-i", value[1..]];
        else if (value.StartsWith('R'))
            Flush = ["-s", value[1..]];
        else if (value.StartsWith('S'))
            throw new SubmissionException("-qS is not implemented");
        else
            Mode = 'i'; // an interval: master has its own
    }

    private static Notify ParseNotify(string value, Action<string> warn)
    {
        if (NotifyFlags.TryParse(value, out Notify notify, out string? unknown))
            return notify;
        if (unknown is not null)
            warn($"unknown DSN NOTIFY command value \"{unknown}\" in \"{value}\"");
        warn("bad -N option value -- ignored");
        return Notify.Default;
    }

    // RFC 3461 section 4.4: printable (SMTP has it as xtext, so blanks too).
    private const int LongestEnvelopeId = 100;

    private static bool IsEnvelopeId(string value) =>
        value.Length is > 0 and <= LongestEnvelopeId && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
