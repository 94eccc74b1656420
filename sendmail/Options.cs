using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>What sendmail is to do: chosen by the name that it is called by, or by -b, -I and -q.</summary>
internal enum Mode
{
    /// <summary>-bm: take a message.</summary>
    Submit,
    /// <summary>mailq, -bp.</summary>
    ListQueue,
    /// <summary>newaliases, -bi, -I.</summary>
    RenewAliases,
    /// <summary>-bs: a server on standard input and output.</summary>
    Server,
    /// <summary>-bd, -bl.</summary>
    StartSystem,
    /// <summary>-q.</summary>
    Flush,
    /// <summary>-bh, -bH: there is no database of hosts.</summary>
    Nothing,
}

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    private bool _isProbe;
    private int _verbosity;

    internal Mode Mode { get; private set; }

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

    /// <summary>REQUIRETLS (RFC 8689) is asked for.</summary>
    internal bool RequiresTls { get; private set; }

    /// <summary>When it is to go out, and not before: seconds since 1970; 0: at once.</summary>
    internal long Release { get; private set; }

    internal Tracing Tracing { get; private set; }

    /// <summary>-q with a time: a daemon's interval between queue runs.</summary>
    internal bool HasInterval { get; private set; }

    /// <summary>-qR or -qI: what of the queue is flushed, as postqueue wants to hear it; null: neither was given.</summary>
    internal IReadOnlyList<string>? PartFlush { get; private set; }

    internal IReadOnlyList<string> Recipients { get; private set; } = [];

    /// <summary>Reads the arguments.</summary>
    /// <param name="name">What the program was called by.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="SubmissionException">An option that is unknown, incomplete, or not supported, or that does not go with others.</exception>
    internal static Options Parse(string name, IReadOnlyList<string> arguments, string letters, long now, Action<string> warn)
    {
        Options options = new() { Mode = name switch { "mailq" => Mode.ListQueue, "newaliases" => Mode.RenewAliases, _ => Mode.Submit } };
        Getopt getopt = new(arguments, letters);
        while (true)
        {
            // Against what their letters say: one has no value, and in the other it was once part of the option.
            if (getopt.Word == "-q")
            {
                options.TakeFlush(warn);
                getopt.Skip();
                continue;
            }
            if (getopt.Word is ['-', 'V', var x, var y] && !char.IsAsciiLetterOrDigit(x) && !char.IsAsciiLetterOrDigit(y))
            {
                warn($"option -V{x}{y} is deprecated with Postfix 2.3; specify -XV{x}{y} instead");
                options.Verp = $"{x}{y}";
                getopt.Skip();
                continue;
            }
            if (getopt.Word == "--require-tls")
            {
                options.RequiresTls = true;
                getopt.Skip();
                continue;
            }
            if (getopt.Word?.Split('=', 2) is [HoldFor or HoldUntil, ..] hold)
            {
                getopt.Skip();
                if (options.Release > 0)
                    throw new SubmissionException($"{HoldFor} or {HoldUntil}, and once");
                options.Release = ReleaseTime(hold[0], hold.Length > 1 ? hold[1] : getopt.Word ?? "", now);
                if (hold.Length == 1)
                    getopt.Skip();
                continue;
            }
            if (getopt.Next() is not { } letter)
                break;
            if (letter == Getopt.Bad)
                throw new SubmissionException($"{getopt.Error}; usage: sendmail [options]");
            options.Take(letter, getopt.Value, warn);
        }
        options.Recipients = getopt.Operands;
        options.Check();
        return options;
    }

    private void Check()
    {
        if (TakesHeaderRecipients && Mode != Mode.Submit)
            throw new SubmissionException("-t can be used only in delivery mode");
        if (PartFlush is not null && Mode != Mode.Submit)
            throw new SubmissionException("-qR and -qI can be used only in delivery mode");
        if (_isProbe)
        {
            string? other = TakesHeaderRecipients ? "-t" : Notify != Notify.Default ? "-N" : Return != DsnReturn.Unspecified ? "-R" : _verbosity == 1 ? "-v" : null;
            if (other is not null)
                throw new SubmissionException($"{other} option cannot be used with -bv");
        }
        if (Release > 0 && (Mode != Mode.Submit || PartFlush is not null || _isProbe))
            throw new SubmissionException($"{HoldFor} and {HoldUntil} can be used only in delivery mode");
        if (Recipients.Count > 0 && (Mode is not (Mode.Submit or Mode.Nothing) || PartFlush is not null))
            throw new SubmissionException($"{ModeName} requires no recipient");
        // More than one of them ask for more lines in the log.
        Tracing = _isProbe ? Tracing.Probe : _verbosity == 1 ? Tracing.Report : Tracing.None;
    }

    private string ModeName => Mode switch
    {
        Mode.ListQueue => "display queue mode",
        Mode.RenewAliases => "alias initialization mode",
        Mode.Server => "stand-alone mode",
        Mode.StartSystem => "daemon mode",
        Mode.Flush => "flush queue mode",
        _ => "a flush of a part of the queue",
    };

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
                else if (value == "A")
                    throw new SubmissionException("-oA requires pathname");
                break;
            case 'C':
                ConfigDirectory = value.EndsWith("/main.toml", StringComparison.Ordinal) ? value[..^"main.toml".Length] : value;
                break;
            case 'G':
                IsRemote = true;
                break;
            case 'v':
                _verbosity++;
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
                if (!value.StartsWith('V'))
                    throw new SubmissionException($"unsupported: -X{(value.Length > 0 ? value[..1] : "")}");
                Verp = value[1..];
                break;
            case 'O' when value.StartsWith(RequireTlsOption, StringComparison.OrdinalIgnoreCase):
                RequiresTls = value[RequireTlsOption.Length..].ToUpperInvariant() switch
                {
                    "YES" => true,
                    "NO" => false,
                    // What must be safe must not go otherwise because of a slip.
                    _ => throw new SubmissionException($"-O {RequireTlsOption}yes, or {RequireTlsOption}no"),
                };
                break;
            case 'b':
                Mode = ModeOf(value, warn);
                break;
            case 'I':
                Mode = Mode.RenewAliases;
                break;
            case 'q' when value.Length > 0:
                TakePartFlush(value);
                break;
            case 'q':
                throw new SubmissionException("-q needs no empty value");
            default:
                break; // accepted and ignored, as for decades
        }
    }

    private void TakeFlush(Action<string> warn)
    {
        if (Mode == Mode.StartSystem)
            warn("ignoring -q option in daemon mode");
        else
            Mode = Mode.Flush;
    }

    private void TakePartFlush(string value)
    {
        switch (value[0])
        {
            case >= '0' and <= '9':
                HasInterval = true;
                break;
            case 'R' or 'I' when value.Length > 1:
                PartFlush = [value[0] == 'I' ? "-i" : "-s", value[1..]];
                break;
            case 'R':
                throw new SubmissionException("specify: -qRsitename");
            case 'I':
                throw new SubmissionException("specify: -qIqueueid");
            default:
                throw new SubmissionException($"-q{value[0]} is not implemented");
        }
    }

    private Mode ModeOf(string value, Action<string> warn)
    {
        switch (value.Length > 0 ? value[0] : ' ')
        {
            case 'm':
                return Mode.Submit;
            case 'p':
                return Mode.ListQueue;
            case 'i':
                return Mode.RenewAliases;
            case 's':
                return Mode.Server;
            case 'h' or 'H':
                return Mode.Nothing;
            case 'v':
                _isProbe = true;
                return Mode;
            case 'd' or 'l':
                if (Mode == Mode.Flush)
                    warn("ignoring -q option in daemon mode");
                return Mode.StartSystem;
            default:
                throw new SubmissionException($"unsupported: -b{(value.Length > 0 ? value[..1] : "")}");
        }
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

    // RFC 4865.
    private static long ReleaseTime(string option, string value, long now) => option == HoldFor
        ? MainConfig.Time(value) is { } wait ? now + (long)wait.TotalSeconds : throw new SubmissionException($"{HoldFor} needs a time, such as 2h or 30m")
        : FutureRelease.At(value) ?? throw new SubmissionException($"{HoldUntil} needs a date with its time zone, such as \"$(date -Iseconds -d 'tomorrow 8:00')\"");

    private const string HoldFor = "--hold-for", HoldUntil = "--hold-until";

    private const string RequireTlsOption = "requiretls=";

    // RFC 3461 section 4.4: printable (SMTP has it as xtext, so blanks too).
    private const int LongestEnvelopeId = 100;

    private static bool IsEnvelopeId(string value) =>
        value.Length is > 0 and <= LongestEnvelopeId && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
