using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using PostfixNet.Events;

namespace PostfixNet.SystemTests;

/// <summary>Events, docs/events.md, with real processes: every kind fits the schema, and events alone tell what became of each recipient, whatever is killed.</summary>
public sealed class EventsTellTheWholeStory
{
    private const string Jsonschema = "/usr/lib/python3/dist-packages/jsonschema/__init__.py";
    private static readonly string[] Victims = ["pickup", "cleanup", "qmgr", "smtp", "bounce", "defer"];

    private const string Validator = """
        import sys, json, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for line in sys.stdin.buffer:
            for error in validator.iter_errors(json.loads(line)):
                print(error.json_path, error.message[:200], line.decode()[:500])
        """;

    private static string DirectoryOf(MailSystem mail) => Path.Combine(mail.QueueDirectory, "events");

    private static List<MailEvent> Told(MailSystem mail)
    {
        using EventReader reader = new(DirectoryOf(mail), EventPosition.Beginning);
        List<MailEvent> told = [];
        while (reader.Next() is { } one)
            told.Add(one);
        return told;
    }

    private static void WaitFor(MailSystem mail, string kind, Func<MailEvent, bool>? isIt = null) =>
        Wait.For($"an event {kind}", () => Told(mail).Any(told => told.Kind.Word() == kind && (isIt is null || isIt(told))));

    [ProgramFact(Jsonschema)]
    public void EveryKindFitsTheSchema() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt no* 550 5.1.1 no such user", "rcpt later* 450 4.2.0 come back later");
        mail.Set("events_enable", true);
        mail.Set("suppression_enable", true);
        mail.SetRaw("transport_maps", "{ \"gone.test\" = \"discard:\", \"bad.test\" = \"error:5.7.1 not here\" }");
        mail.SetRaw("virtual_alias_maps", "{ \"all@golden.test\" = \"yes1@a.test, yes2@a.test\" }");
        mail.Start();
        mail.Submit(MailSystem.Message("mixed"), "-f", "from@origin.test", "-V", "id1", "yes@a.test", "no@a.test", "x@gone.test", "x@bad.test", "all@golden.test");
        foreach (string kind in (string[])["accepted", "queued", "expanded", "relayed", "bounced", "discarded", "notice"])
            WaitFor(mail, kind);
        mail.Submit(MailSystem.Message("later"), "-f", "from@origin.test", "later@a.test");
        WaitFor(mail, "deferred");
        string id = Told(mail).Last(static told => told.Kind == EventKind.Deferred).QueueId!;
        Wait.For("its place", () => mail.Ids("deferred").Contains(id));
        mail.Postsuper(["-h", id]).Ok();
        mail.Postsuper(["-H", id]).Ok();
        mail.Postsuper(["-e", id]).Ok();
        mail.Postqueue("-f").Ok();
        WaitFor(mail, "expired", told => told.QueueId == id);
        foreach ((string action, string kind) in (ReadOnlySpan<(string, string)>)[("hold", "held"), ("discard", "deleted")])
        {
            mail.Postsuper(["rule", "add", action, action, "--match", $"sender={action}@origin.test"]).Ok();
            mail.Submit(MailSystem.Message(action), "-f", $"{action}@origin.test", "yes@a.test");
            WaitFor(mail, kind, told => told.Sender == $"{action}@origin.test");
        }
        mail.Postsuper(["rule", "add", "elsewhere", "redirect", "yes9@a.test", "--match", "sender=redirect@origin.test"]).Ok();
        mail.Submit(MailSystem.Message("redirect"), "-f", "redirect@origin.test", "other@a.test");
        WaitFor(mail, "redirected");
        mail.Postsuper(["rule", "remove", "hold"]).Ok();
        string held = Told(mail).Last(static told => told.Kind == EventKind.Held && told.Sender is not null).QueueId!;
        mail.Postsuper(["-r", held]).Ok();
        WaitFor(mail, "requeued");
        mail.Submit(MailSystem.Message("moved"), "-f", "from@origin.test", "later2@a.test");
        WaitFor(mail, "deferred", static told => told.Recipient == "later2@a.test");
        string moved = Told(mail).Last(static told => told.Recipient == "later2@a.test").QueueId!;
        Wait.For("its place", () => mail.Ids("deferred").Contains(moved));
        mail.Postsuper(["change", moved, "--redirect", "yes8@a.test"]).Ok();
        WaitFor(mail, "redirected", static told => told.Service == "postsuper" && told.Recipient == "yes8@a.test");
        mail.Submit(MailSystem.Message("more"), "-f", "from@origin.test", "later@a.test");
        WaitFor(mail, "deferred", static told => told.Attempt == 1 && told.Recipient == "later@a.test");
        mail.Postsuper(["-d", "ALL"]).Ok();
        WaitFor(mail, "deleted", static told => told.Service == "postsuper");
        mail.Master("suppress", "add", "never@a.test").Ok();
        mail.Submit(MailSystem.Message("unwanted"), "-f", "from@origin.test", "never@a.test");
        WaitFor(mail, "suppressed", static told => told.Recipient == "never@a.test" && told.Status == "bounced");
        // Nobody can write for a while.
        string aside = DirectoryOf(mail) + ".aside";
        Directory.Move(DirectoryOf(mail), aside);
        // One that has the file open goes on with it.
        foreach (int pid in mail.Pids("smtp").Concat(mail.Pids("cleanup")))
            RunningPrograms.Kill(pid);
        mail.Submit(MailSystem.Message("unseen"), "-f", "from@origin.test", "yes@a.test");
        Wait.For("its delivery", () => receiver.Messages.Any(static message => message.Text.Contains("Subject: unseen", StringComparison.Ordinal)));
        mail.WaitForLog("warning: events are not recorded, only counted");
        Directory.Move(aside, DirectoryOf(mail));
        mail.Submit(MailSystem.Message("seen"), "-f", "from@origin.test", "yes@a.test");
        WaitFor(mail, "gap");
        mail.WaitForEmptyQueue();
        mail.Stop();

        HashSet<EventKind> kinds = [.. Told(mail).Select(static told => told.Kind)];
        Assert.Equal("complaint, delivered, report, unknown", string.Join(", ", Enum.GetValues<EventKind>().Where(kind => !kinds.Contains(kind)).Select(static kind => kind.Word()).Order()));
        byte[] all = [.. Directory.GetFiles(DirectoryOf(mail), "*.jsonl").Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];
        Assert.Equal("", Command.Run("/usr/bin/python3", ["-c", Validator, Path.Combine(Repository.Root, "docs", "events.schema.json")], all).Ok().Output);
    });

    // PFN_EVENT_MESSAGES=10000 in the environment makes a long run of it.
    [Fact]
    public void TheEventsAloneRebuildWhatBecameOfEachRecipient() => MailSystem.Run((mail, receiver) =>
    {
        int messages = int.Parse(Environment.GetEnvironmentVariable("PFN_EVENT_MESSAGES") ?? "60", CultureInfo.InvariantCulture);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        receiver.SetRules("rcpt no* 550 5.1.1 no such user", "rcpt later* 450 4.2.0 come back later");
        mail.Set("events_enable", true);
        mail.Set("events_segment_size", 64 * 1024);
        mail.SetRaw("transport_maps", "{ \"gone.test\" = \"discard:\", \"bad.test\" = \"error:5.7.1 not here\" }");
        mail.Start();
        var accepted = new ConcurrentBag<int>();
        var submission = new Thread(() => Parallel.For(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            if (mail.Sendmail(MailSystem.Message($"message {i}"), "-f", $"from{i}@origin.test", $"yes{i}@a.test", $"no{i}@a.test", $"later{i}@b.test", $"x{i}@gone.test", $"x{i}@bad.test").Status == 0)
                accepted.Add(i);
        }));
        submission.Start();
        // All the time a consumer reads, and is killed and begins anew where it was.
        Story story = new();
        EventReader reader = new(DirectoryOf(mail), EventPosition.Beginning);
        void Read()
        {
            while (reader.Next() is { } told)
                story.Take(told);
            Assert.Equal(0, reader.MissedSegments);
            Assert.True(EventPosition.TryParse(reader.Position.ToString(), out EventPosition position));
            reader.Dispose();
            reader = new EventReader(DirectoryOf(mail), position);
        }
        int Progress() => accepted.Count + receiver.Messages.Count;
        int kills = 0;
        while (submission.IsAlive || mail.Ids("maildrop", "incoming", "active").Length > 0)
        {
            int goal = Progress() + random.Next(1, 25);
            Wait.For($"progress, seed {seed}", () => Progress() >= goal || (!submission.IsAlive && mail.Ids("maildrop", "incoming", "active").Length == 0), TimeSpan.FromSeconds(90));
            Read();
            if (mail.Pids(Victims[random.Next(Victims.Length)]) is { Length: > 0 } pids && submission.IsAlive)
            {
                RunningPrograms.Kill(pids[random.Next(pids.Length)]);
                kills++;
            }
        }
        submission.Join();
        Assert.True(kills > 0);
        Assert.Equal(messages, accepted.Count);
        HashSet<string> later = [.. Enumerable.Range(0, messages).Select(static i => $"later{i}@b.test")];
        Wait.For($"that only those wait who must, seed {seed}", () =>
        {
            if (mail.Ids("maildrop", "incoming", "active").Length == 0 && Queued(mail).Any(waits => !later.Contains(waits.Split(' ')[1])))
                mail.Postqueue("-f");
            return mail.Ids("maildrop", "incoming", "active").Length == 0 && mail.QueueFiles("bounce", "trace").Count == 0 && Queued(mail).All(waits => later.Contains(waits.Split(' ')[1]));
        }, TimeSpan.FromSeconds(90 + messages));
        mail.Stop();
        Read();
        reader.Dispose();

        // Who waits, by message, is who waits in the queue; everybody else is at his end, and by which one.
        Assert.Equal(Queued(mail).Order(), story.Waiting.Order());
        Assert.Empty(story.Unfinished(mail.Ids("deferred")));
        for (int i = 0; i < messages; i++)
        {
            Assert.Equal(["relayed"], story.EndsOf($"yes{i}@a.test"));
            Assert.Equal(["bounced"], story.EndsOf($"no{i}@a.test"));
            Assert.Equal(["discarded"], story.EndsOf($"x{i}@gone.test"));
            Assert.Equal(["bounced"], story.EndsOf($"x{i}@bad.test"));
            Assert.Empty(story.EndsOf($"later{i}@b.test"));
        }
        Assert.Equal(0, story.Gaps);
    });

    private static List<string> Queued(MailSystem mail) =>
    [
        .. mail.Postqueue("-j").Lines.Select(static line => JsonDocument.Parse(line).RootElement)
            .SelectMany(static message => message.GetProperty("recipients").EnumerateArray().Select(recipient => $"{message.GetProperty("queue_id").GetString()} {recipient.GetProperty("address").GetString()}")),
    ];

    /// <summary>What a consumer makes of events: the last word about each recipient of each message.</summary>
    private sealed class Story
    {
        private readonly Dictionary<string, (string Id, string Address, EventKind Kind)> _recipients = [];
        private readonly Dictionary<string, int> _expected = [];
        private readonly HashSet<string> _steps = [];

        internal long Gaps { get; private set; }

        internal void Take(MailEvent told)
        {
            Gaps += told.Kind == EventKind.Gap ? 1 : 0;
            if (told.Kind == EventKind.Queued)
                _expected[told.QueueId!] = told.Recipients!.Value;
            if (told.Recipient is null || told.Kind == EventKind.Notice)
                return;
            // The same step, told again.
            if (!_steps.Add(told.Id))
                return;
            string recipient = string.Join(':', told.Id.Split(':')[..2]);
            if (!_recipients.TryGetValue(recipient, out var known) || !known.Kind.IsEnd())
                _recipients[recipient] = (told.QueueId!, told.Recipient, told.Kind);
        }

        internal IEnumerable<string> Waiting => _recipients.Values.Where(static one => one.Kind == EventKind.Deferred).Select(static one => $"{one.Id} {one.Address}");

        internal IEnumerable<string> EndsOf(string address) => _recipients.Values.Where(one => one.Address == address && one.Kind.IsEnd()).Select(static one => one.Kind.Word()).Distinct();

        /// <summary>Messages that are gone although not all of their recipients are at their end.</summary>
        internal IEnumerable<string> Unfinished(string[] queued) =>
            _expected.Where(message => !queued.Contains(message.Key) && _recipients.Values.Count(one => one.Id == message.Key && one.Kind.IsEnd()) != message.Value).Select(static message => message.Key);
    }
}
