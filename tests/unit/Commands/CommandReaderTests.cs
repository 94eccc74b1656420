using System.Reflection;
using CommandLine;
using PostfixNet.Commands;
using PostfixNet.Master;
using PostfixNet.Postqueue;

namespace PostfixNet.UnitTests.Commands;

public sealed class CommandReaderTests
{
    [Theory]
    [InlineData("start", "StartVerb")]
    [InlineData("-c /etc/x start-fg", "StartForegroundVerb /etc/x")]
    [InlineData("--config /etc/x status", "StatusVerb /etc/x")]
    [InlineData("--config=/etc/x status", "StatusVerb /etc/x")]
    [InlineData("check -c /etc/x", "CheckVerb /etc/x")]
    [InlineData("-c /etc/x pause transport smtp from <>", "PauseVerb /etc/x transport smtp from <>")]
    [InlineData("resume destination .example.com", "ResumeVerb destination .example.com")]
    public void Master_takes_verbs(string line, string want)
    {
        MasterVerb verb = PostfixNet.Master.Verbs.Reader.Read(line.Split(' ')).Command!;
        string words = verb is SelectingVerb selecting ? string.Concat(selecting.Words.Select(word => $" {word}")) : "";
        Assert.Equal(want, $"{verb.GetType().Name} {verb.ConfigDirectory}".TrimEnd() + words);
    }

    [Theory]
    [InlineData("", "no command given; usage: master ")]
    [InlineData("-c /etc/x", "no command given; usage: master ")]
    [InlineData("strat", "unknown command \"strat\", did you mean \"start\"?; usage: master ")]
    [InlineData("relod", "unknown command \"relod\", did you mean \"reload\"?; usage: master ")]
    [InlineData("destroy", "unknown command \"destroy\"; usage: master ")]
    [InlineData("\u001b[2J", "unknown command \"?[2J\"; usage: master ")]
    [InlineData("stop now", "\"now\" is one word too many; see \"master stop --help\"")]
    [InlineData("start --confg /x", "unknown option --confg, did you mean \"--config\"?; options: --config; see \"master start --help\"")]
    [InlineData("start -z", "unknown option -z; options: --config; see \"master start --help\"")]
    [InlineData("start --config", "option --config needs a value; see \"master start --help\"")]
    [InlineData("start -c", "option --config needs a value; see \"master start --help\"")]
    [InlineData("start --config /a --config /b", "option --config is given twice; see \"master start --help\"")]
    public void What_is_wrong_and_what_is_accepted_is_one_line(string line, string want)
    {
        Reading<MasterVerb> reading = PostfixNet.Master.Verbs.Reader.Read(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Null(reading.Command);
        Assert.Equal(64, reading.Status);
        Assert.StartsWith($"master: fatal: {want}", reading.Text);
        Assert.Equal(reading.Text.Length - 1, reading.Text.IndexOf('\n', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help", "usage: master ", " pause ")]
    [InlineData("help", "usage: master ", " start-fg ")]
    [InlineData("pause --help", "--config=DIRECTORY", "WHICH")]
    [InlineData("help pause", "--config=DIRECTORY", "WHICH")]
    [InlineData("--version", "master (Postfix.Net) 0.", "\n")]
    public void Help_is_no_mistake(string line, params string[] wants)
    {
        Reading<MasterVerb> reading = PostfixNet.Master.Verbs.Reader.Read(line.Split(' '));
        Assert.Equal((null, 0), (reading.Command, reading.Status));
        Assert.All(wants, want => Assert.Contains(want, reading.Text));
    }

    [Theory]
    [InlineData("-p", "ListVerb")]
    [InlineData("-j", "ListVerb json")]
    [InlineData("-f", "FlushVerb")]
    [InlineData("-vfc/etc/x", "FlushVerb")]
    [InlineData("-iABC", "FlushVerb ABC")]
    [InlineData("-s q.test", "FlushVerb q.test")]
    [InlineData("-j -x q.test", "ExplainVerb q.test json")]
    [InlineData("-x q.test -j", "ExplainVerb q.test json")]
    [InlineData("list", "ListVerb")]
    [InlineData("list --json", "ListVerb json")]
    [InlineData("flush", "FlushVerb")]
    [InlineData("flush --id=ABC", "FlushVerb ABC")]
    [InlineData("flush --site q.test", "FlushVerb q.test")]
    [InlineData("explain q.test", "ExplainVerb q.test")]
    [InlineData("explain q.test --json", "ExplainVerb q.test json")]
    [InlineData("-j explain q.test", "ExplainVerb q.test json")]
    [InlineData("-c /etc/x explain q.test", "ExplainVerb q.test")]
    public void Postqueue_takes_letters_and_verbs(string line, string want)
    {
        PostqueueVerb verb = Letters.Parse(line.Split(' '), out string? problem)
            ?? PostfixNet.Postqueue.Verbs.Reader.Read(line.Split(' ')).Command!;
        Assert.Null(problem);
        Assert.Equal(want, verb switch
        {
            ListVerb list => "ListVerb" + (list.Json ? " json" : ""),
            PostfixNet.Postqueue.FlushVerb flush => string.Join(' ', ["FlushVerb", .. flush.Id, .. flush.Site]),
            _ => $"ExplainVerb {((ExplainVerb)verb).What}" + (((ExplainVerb)verb).Json ? " json" : ""),
        });
    }

    [Theory]
    [InlineData("-z", "invalid option -- 'z'")]
    [InlineData("-s", "option requires an argument -- 's'")]
    [InlineData("-p -f", "one thing at a time")]
    [InlineData("-c /etc/x", "nothing is asked for")]
    public void Wrong_letters_are_told(string line, string want)
    {
        Assert.Null(Letters.Parse(line.Split(' '), out string? problem));
        Assert.Equal(want, problem);
    }

    [Theory]
    [InlineData("explain", "a word is missing")]
    [InlineData("flush --id A --site b.test", "does not go with another")]
    [InlineData("flush --id A B", "\"B\" is one word too many")]
    public void Wrong_verbs_are_told(string line, string want)
    {
        Reading<PostqueueVerb> reading = PostfixNet.Postqueue.Verbs.Reader.Read(line.Split(' '));
        Assert.Equal((null, 64), (reading.Command, reading.Status));
        Assert.Contains(want, reading.Text);
    }

    // An operand behind an option with a value is an operand: "--delete ALL deferred" must not mean all of the queue.
    [Theory]
    [InlineData("--delete A,B --hold - deferred hold", "d=A d=B h=-", "deferred hold")]
    [InlineData("--delete ALL deferred", "d=ALL", "deferred")]
    [InlineData("--release=A -p maildrop --structure", "H=A s= p=", "maildrop")]
    [InlineData("--config /etc/x --expire A --expire-release B --requeue C --discover D --recover E", "c=/etc/x r=C e=A f=B D=D u=E", "")]
    public void Postsuper_takes_long_names(string line, string given, string queues)
    {
        PostfixNet.Postsuper.Options options = PostfixNet.Postsuper.Options.Reader.Read(line.Split(' ')).Command!;
        Assert.Equal(given, string.Join(' ', options.Given().Select(one => $"{one.Letter}={one.Value}")));
        Assert.Equal(queues, string.Join(' ', options.Queues));
    }

    [Theory]
    [InlineData("--delete A --delete B", "option --delete is given twice")]
    [InlineData("--delete", "option --delete needs a value")]
    [InlineData("--delete --hold A", "option --delete needs a value")]
    [InlineData("--delte A", "unknown option --delte, did you mean \"--delete\"?")]
    public void Wrong_long_names_are_told(string line, string want)
    {
        Reading<PostfixNet.Postsuper.Options> reading = PostfixNet.Postsuper.Options.Reader.Read(line.Split(' '));
        Assert.Equal((null, 64), (reading.Command, reading.Status));
        Assert.Contains(want, reading.Text);
    }

    [Fact]
    public void Getopt_and_the_library_know_the_same_options()
    {
        IEnumerable<string> letters = typeof(PostfixNet.Postsuper.Options).GetProperties()
            .Select(property => (property, option: property.GetCustomAttribute<OptionAttribute>())).Where(pair => pair.option is { ShortName.Length: > 0 })
            .Select(pair => pair.option!.ShortName + (pair.property.PropertyType == typeof(bool) ? "" : ":"));
        Assert.Equal(string.Concat(letters.Order(StringComparer.Ordinal)),
            string.Concat(System.Text.RegularExpressions.Regex.Matches(PostfixNet.Postsuper.Options.Letters, ".:?").Select(match => match.Value).Order(StringComparer.Ordinal)));
    }

    // What the library would do with Postfix's letters, which is why getopt reads them (docs/libraries.md).
    [Fact]
    public void The_library_loses_repeated_letters_and_takes_queues_for_ids()
    {
        using Parser parser = new(settings => settings.AllowMultiInstance = true);
        Greedy? greedy = null;
        parser.ParseArguments<Greedy>(["-d", "A", "-d", "B", "-h", "C", "deferred"]).WithParsed(parsed => greedy = parsed);
        Assert.Equal(["C", "deferred"], greedy!.Hold);
        Assert.Equal(["B", "deferred"], ((CommandLine.Parsed<PostfixNet.Postsuper.Options>)parser.ParseArguments<PostfixNet.Postsuper.Options>(["-d", "A", "-d", "B", "deferred"])).Value.Queues);
    }

    private sealed class Greedy
    {
        [Option('d')]
        public IEnumerable<string> Delete { get; set; } = [];

        [Option('h')]
        public IEnumerable<string> Hold { get; set; } = [];
    }
}
