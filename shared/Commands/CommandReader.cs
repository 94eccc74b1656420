using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using CommandLine;
using CommandLine.Text;
using PostfixNet.Service;

namespace PostfixNet.Commands;

/// <summary>Verbs, long options and --help of a program that people call by hand: the one place that calls the library CommandLineParser.</summary>
/// <remarks>Commands are classes with the library's attributes: with <see cref="VerbAttribute"/>, or one class alone, without. An option with
/// a value must be a sequence with Max = 1: of other kinds the library passes a missing value over in silence, or takes operands for values.</remarks>
/// <typeparam name="T">What all commands have in common.</typeparam>
/// <param name="program">Its name.</param>
/// <param name="usage">One line: how it is called.</param>
public sealed class CommandReader<T>(string program, string usage)
    where T : Command
{
    private const int DisplayWidth = 120;
    private const string Help = "--help", Version = "--version";
    private readonly List<Accepted> _accepted = [];

    /// <summary>The program's source has a manual page: --help prints what it says, and that of a verb ends with the exit statuses.</summary>
    public Assembly? Manual { get; init; }

    /// <summary>A command that is accepted.</summary>
    /// <param name="Type">Its class.</param>
    /// <param name="Verb">null: the program has none.</param>
    /// <param name="Names">Of its options.</param>
    /// <param name="Read">Takes a command line apart that has no verb.</param>
    private sealed record Accepted(Type Type, string? Verb, Lazy<OptionNames> Names, Func<Parser, IReadOnlyList<string>, Reading<T>> Read);

    /// <summary>As written, with their dashes. Found by reflection, so only when they are asked for.</summary>
    /// <param name="All">Long ones.</param>
    /// <param name="Valued">Those that take a value; letters too.</param>
    private sealed record OptionNames(IReadOnlyList<string> All, IReadOnlyList<string> Valued)
    {
        internal static OptionNames Of([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type)
        {
            List<string> all = [], valued = [];
            foreach (PropertyInfo property in type.GetProperties())
            {
                if (property.GetCustomAttribute<OptionAttribute>() is not { } option)
                    continue;
                all.Add($"--{option.LongName}");
                if (property.PropertyType != typeof(bool))
                    valued.AddRange($"--{option.LongName}", $"-{option.ShortName}");
            }
            return new OptionNames(all, valued);
        }
    }

    /// <summary>Accepts one more verb; or these options, when the class is no verb.</summary>
    /// <returns>This reader.</returns>
    public CommandReader<T> With<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TCommand>()
        where TCommand : T, new()
    {
        _accepted.Add(new Accepted(typeof(TCommand), typeof(TCommand).GetCustomAttribute<VerbAttribute>()?.Name, new(() => OptionNames.Of(typeof(TCommand))),
            (parser, arguments) => Outcome(parser.ParseArguments(() => new TCommand(), arguments), command => command, arguments)));
        return this;
    }

    /// <summary>Takes a command line apart.</summary>
    public Reading<T> Read(IReadOnlyList<string> arguments)
    {
        using Parser parser = NewParser();
        if (_accepted is [{ Verb: null } only])
            return only.Read(parser, arguments);
        if (WithoutVerb(arguments) is { } wrong)
            return Refuse(wrong, []);
        arguments = VerbFirst(arguments);
        return arguments is ["help", var verb, ..] ? Read([verb, Help])
            : Outcome(parser.ParseArguments(arguments, [.. _accepted.Select(accepted => accepted.Type)]), command => (T)command, arguments);
    }

    // The library asks System.Console how wide the terminal is; that takes it over, and has it send other keys from then on, unless it does not know its kind.
    private static Parser NewParser()
    {
        const string Kind = "TERM";
        string? kind = Environment.GetEnvironmentVariable(Kind);
        Environment.SetEnvironmentVariable(Kind, null);
        try
        {
            return new Parser(settings =>
            {
                settings.HelpWriter = null;
                settings.MaximumDisplayWidth = DisplayWidth;
            });
        }
        finally
        {
            Environment.SetEnvironmentVariable(Kind, kind);
        }
    }

    // There are only options, and the library would say nothing of them.
    private string? WithoutVerb(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || VerbFirst(arguments).Length > 0)
            return null;
        if (TakesValue(arguments[^1]))
            return $"option {arguments[^1]} needs a value";
        IReadOnlyList<string> options = _accepted[0].Names.Value.All;
        return arguments.FirstOrDefault(word => word is ['-', ..] && !TakesValue(word) && !_accepted.Any(accepted => accepted.Names.Value.All.Contains(word))) is { } unknown
            ? $"unknown option {Shown(unknown)}{Nearest(unknown, options)}; options: {string.Join(' ', options)}" : null;
    }

    private bool TakesValue(string word) => _accepted.Any(accepted => accepted.Names.Value.Valued.Contains(word));

    // Options may stand before the verb, as -c always did.
    private string[] VerbFirst(IReadOnlyList<string> arguments)
    {
        int verb = 0;
        while (verb < arguments.Count && arguments[verb] is ['-', ..] and not (Help or Version))
            verb += TakesValue(arguments[verb]) ? 2 : 1;
        return verb >= arguments.Count ? [] : [arguments[verb], .. arguments.Take(verb), .. arguments.Skip(verb + 1)];
    }

    private Reading<T> Outcome<TParsed>(ParserResult<TParsed> result, Func<TParsed, T> command, IReadOnlyList<string> arguments) => result.MapResult(
        parsed => Accept(command(parsed), arguments),
        errors => errors.First() switch
        {
            VersionRequestedError => new Reading<T>(null, $"{program} (Postfix.Net) {typeof(CommandReader<T>).Assembly.GetName().Version?.ToString(3)}\n", ExitStatus.Ok),
            HelpRequestedError or HelpVerbRequestedError => new Reading<T>(null, HelpOf(result, isOfVerb: arguments.Count > 0 && _accepted.Exists(accepted => accepted.Verb == arguments[0])), ExitStatus.Ok),
            Error error => Refuse(Complaint(error, arguments), arguments),
        });

    private Reading<T> Accept(T command, IReadOnlyList<string> arguments) => command.Surplus.FirstOrDefault() is { } surplus
        ? Refuse($"\"{Shown(surplus)}\" is one word too many", arguments)
        : new Reading<T>(command, "", ExitStatus.Ok);

    private Reading<T> Refuse(string why, IReadOnlyList<string> arguments) => new(null, $"{program}: fatal: {why}; {WayOut(arguments)}\n", ExitStatus.Usage);

    // The usage of all commands is no help to who has chosen one.
    private string WayOut(IReadOnlyList<string> arguments) =>
        arguments is [var verb, ..] && _accepted.Exists(accepted => accepted.Verb == verb) ? $"see \"{program} {verb} {Help}\"" : usage;

    private string HelpOf<TParsed>(ParserResult<TParsed> result, bool isOfVerb) => Manual is null ? WordsOf(result)
        : isOfVerb ? $"{WordsOf(result)}\nDIAGNOSTICS\n{ManualPage.Section(Manual, "DIAGNOSTICS")}" : $"{ManualPage.Help(Manual)}\n{WordsOf(result)}";

    private string WordsOf<TParsed>(ParserResult<TParsed> result) => HelpText.AutoBuild(result, help =>
    {
        help.Heading = usage;
        help.Copyright = "";
        help.AddDashesToOption = true;
        help.AdditionalNewLineAfterOption = false;
        help.AutoVersion = false;
        return help;
    }, example => example, verbsIndex: true, maxDisplayWidth: DisplayWidth).ToString().TrimEnd() + "\n";

    private string Complaint(Error error, IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> verbs = [.. _accepted.Select(accepted => accepted.Verb ?? "")];
        IReadOnlyList<string> options = (_accepted.Find(accepted => accepted.Verb == (arguments is [var first, ..] ? first : null)) ?? _accepted[0]).Names.Value.All;
        return error switch
        {
            NoVerbSelectedError => "no command given",
            BadVerbSelectedError { Token: var word } => $"unknown command \"{Shown(word)}\"{Nearest(word, verbs)}",
            UnknownOptionError { Token: { Length: > 1 } word } => $"unknown option --{Shown(word)}{Nearest("--" + word, options)}; options: {string.Join(' ', options)}",
            UnknownOptionError { Token: var letter } => $"unknown option -{Shown(letter)}; options: {string.Join(' ', options)}",
            MissingValueOptionError { NameInfo: var name } => $"option --{name.LongName} needs a value",
            RepeatedOptionError { NameInfo: var name } => $"option --{name.LongName} is given twice",
            MutuallyExclusiveSetError { NameInfo: var name } => $"option --{name.LongName} does not go with another that is given",
            MissingRequiredOptionError => "a word is missing",
            NamedError { NameInfo: var name } => $"option --{name.LongName}: what is given is not understood",
            TokenError { Token: var word } => $"\"{Shown(word)}\" is not understood",
            _ => "the command line is not understood",
        };
    }

    // It may come from anywhere, and goes to a terminal.
    private static string Shown(string word) => Mail.PrintableText.Of(word);

    private static string Nearest(string word, IReadOnlyList<string> accepted)
    {
        string nearest = accepted.MinBy(candidate => Distance(word, candidate)) ?? "";
        return Distance(word, nearest) <= 2 ? $", did you mean \"{nearest}\"?" : "";
    }

    // How many letters must be put in, taken out or changed (Levenshtein).
    private static int Distance(string one, string other)
    {
        if (one.Length > 64)
            return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
