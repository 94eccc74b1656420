using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Delivery;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>bounce, defer and trace at work: the notices that they send, and their logs.</summary>
internal static class NoticeScene
{
    private const string Usual = """
        myhostname = "mta.golden.test"
        mydomain = "test"
        """;

    /// <summary>Some recipients failed, and the queue manager asks for the notice.</summary>
    /// <param name="role">Which service.</param>
    /// <param name="isWarning">Of a delay.</param>
    /// <param name="sender">Of the message.</param>
    /// <param name="verp">Its delimiters; null: none.</param>
    /// <param name="messages">So many messages.</param>
    /// <param name="requireTls">What is wanted of TLS.</param>
    /// <param name="later">Seconds until the digests are asked for; 0: they are not.</param>
    internal static Func<string, string> Notice(
        BounceRole role = BounceRole.Bounce, bool isWarning = false, string sender = "alice@q.test", string? verp = null, int messages = 1, int later = 0,
        RequireTls requireTls = RequireTls.Unsaid) => toml =>
    {
        using BounceRig rig = new();
        File.WriteAllText($"{rig.Queues.Root}/words.cf", "failure_template = <<EOF\nSubject: Sorry\n\nYour mail did not arrive.\nEOF\n");
        MainConfig config = Row.Config(Usual, toml, $"{rig.Queues.Root}/main.toml");
        BounceService service = new(role, BounceSettings.From(config), rig.Queues, rig.Submitter, () => NoticeTemplates.Load(config), rig.Log, rig.Clock);
        for (int i = 0; i < messages; i++)
        {
            QueueId id = rig.Message($"4A000{i}");
            Assert.True(service.Answer(new BounceRequest.Append(id, BounceRig.Failed("bob@q.test"))).IsDone);
            Assert.True(service.Answer(new BounceRequest.Append(id, BounceRig.Failed("carol"))).IsDone);
            MessageFacts facts = new(QueueName.Active, id, sender, SmtpUtf8.None, null, DsnReturn.Unspecified, verp) { RequireTls = requireTls };
            Assert.True(service.Answer(isWarning ? new BounceRequest.Warn(facts) : new BounceRequest.Flush(facts)).IsDone);
        }
        if (later > 0)
        {
            rig.Clock.Seconds += later;
            Assert.True(service.Answer(new BounceRequest.Digest()).IsDone);
        }
        List<string> seen = [$"{rig.Submitter.Queued.Count} notices"];
        seen.AddRange(rig.Submitter.Queued.Select(notice => $"from <{notice.Sender}> to <{notice.Recipient}>{(requireTls == RequireTls.Unsaid ? "" : notice.RequireTls == RequireTls.Yes ? ", REQUIRETLS wanted" : ", REQUIRETLS not wanted")}\n{notice.Text}"));
        return string.Join('\n', seen);
    };

    /// <summary>A recipient is put off; what that leaves in the queue.</summary>
    internal static string DeferLog(string toml)
    {
        using TemporaryDirectory directory = new();
        BounceService service = BounceService.FromConfig(Row.Config($"queue_directory = \"{directory.Path}/queue\"\n{Usual}", toml.Replace("ROOT", directory.Path, StringComparison.Ordinal)), BounceRole.Defer, new LogRecord());
        foreach (string queue in (string[])["queue", "other"])
            Directory.CreateDirectory($"{directory.Path}/{queue}/defer");
        Assert.True(QueueId.TryParse("4A0001", out QueueId id));
        // The first makes directories, which the second finds.
        for (int i = 0; i < 2; i++)
            Assert.True(service.Answer(new BounceRequest.Append(id, BounceRig.Failed("bob@q.test"))).IsDone);
        string path = Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories).Single();
        return string.Create(CultureInfo.InvariantCulture, $"{path[directory.Path.Length..]}\n{File.ReadAllText(path)}");
    }
}
