using System.Globalization;
using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Pickup;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>cleanup and pickup at work: the answer, the queue file that they make, and the log.</summary>
internal static class IntakeScene
{
    private const string Usual = """
        myhostname = "mta.golden.test"
        myorigin = "golden.test"
        mydomain = "test"
        """;

    /// <summary>Records that a client of cleanup sends, as <see cref="MailFlow.Encode"/> takes them.</summary>
    /// <param name="isInternal">The client is bounce.</param>
    internal static Func<string, string> Records(string records, bool isInternal = false) => toml =>
    {
        using MailFlow flow = new();
        flow.Options = CleanupOptions.From(Row.Config(Usual, toml));
        try
        {
            using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(isInternal));
            client.Send(MailFlow.Encode(records));
            CleanupReply.Ended end = client.Finish();
            return Seen(flow, $"{end.Verdict} ({end.Reason})");
        }
        catch (IpcException e)
        {
            return e.Message;
        }
    };

    /// <summary>A message with this header, and a recipient.</summary>
    internal static Func<string, string> Header(string header) => Records($"Sa@b.test|Rc@d.test|M|N{header}|N|X|E");

    /// <summary>A message to these addresses.</summary>
    internal static Func<string, string> To(params string[] addresses) =>
        Records($"Sa@b.test|{string.Join('|', addresses.Select(static address => $"O{address}|R{address}"))}|M|NSubject: s|N|X|E");

    /// <summary>Records of a file in maildrop.</summary>
    internal static Func<string, string> Dropped(string records) => toml =>
    {
        MainConfig config = Row.Config(Usual, toml);
        using MailFlow flow = new();
        flow.Options = CleanupOptions.From(config);
        // Whoever runs the tests is no owner of a queue, and nothing comes after this file.
        flow.Pickup = PickupSettings.Read(config).Options with { OwnerUid = uint.MaxValue - 1, IdleLimit = TimeSpan.Zero };
        flow.Drop("ABC", MailFlow.Encode(records));
        flow.RunPickup();
        return Seen(flow, "");
    };

    /// <summary>How long cleanup waits before a message while so many files are in incoming.</summary>
    internal static string InFlow(string toml)
    {
        using TemporaryDirectory directory = new();
        CleanupSettings settings = CleanupSettings.Read(Row.Config($"queue_directory = '{directory.Path}'\n{Usual}", toml));
        string incoming = settings.Queues.DirectoryOf(QueueName.Incoming);
        Directory.CreateDirectory(incoming);
        for (int i = 0; i < PostfixNet.Cleanup.InFlow.BehindFrom; i++)
            File.WriteAllBytes($"{incoming}/{0xA0000 + i:X}", []);
        InFlow flow = new(settings.Queues, settings.InFlowDelay);
        return string.Join(' ', Enumerable.Range(0, PostfixNet.Cleanup.InFlow.LookEvery).Select(_ => flow.Pause().TotalSeconds.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Seen(MailFlow flow, string answer)
    {
        List<string> seen = [answer];
        foreach (string id in flow.Names(QueueName.Incoming))
        {
            Assert.True(QueueId.TryParse(id, out QueueId parsed));
            seen.Add(parsed.IsLong ? "long id" : "short id");
            List<(char Type, string Payload)> records = MailFlow.Records($"{flow.Queues.DirectoryOf(QueueName.Incoming)}/{id}");
            seen.AddRange(records.Select(record => $"{record.Type} {(record.Type == 'C' ? "" : record.Payload.Replace(id, "ID", StringComparison.Ordinal))}"));
            seen.Add($"recipients: {string.Join(' ', records.Where(static record => record.Type == 'R').Select(static record => record.Payload))}.");
            seen.Add($"SMTPUTF8: {records[0].Payload.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]}.");
        }
        seen.AddRange(flow.Log);
        return string.Join('\n', seen);
    }
}
