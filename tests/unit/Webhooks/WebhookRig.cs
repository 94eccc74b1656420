using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Sql;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;
using PostfixNet.Webhooks;

namespace PostfixNet.UnitTests.Webhooks;

/// <summary>A queue of webhooks over a real file, with a clock that is set by hand.</summary>
internal sealed class WebhookRig : IDisposable
{
    internal const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly TemporaryDirectory _directory = new();
    private long _offset;

    internal WebhookRig(string toml = "[webhook.shop]\nurl = 'https://hooks.test/a'\nsecret = 'env:X'\n", int limit = 1000)
    {
        (Toml, Limit) = (toml, limit);
        Open();
    }

    internal string Toml { get; set; }

    internal int Limit { get; }

    internal LogRecord Log { get; } = new();

    internal ManualClock Clock { get; } = new();

    internal DeliveryQueue Queue { get; private set; } = null!;

    internal string PathOfFile => $"{_directory.Path}/webhooks.db";

    internal EventPosition Position { get; private set; }

    internal static IReadOnlyList<Webhook> Read(string toml) => [.. MainConfig.FromText(toml).Webhooks.Select(static rule => new Webhook(rule))];

    /// <summary>A process begins; the one before was killed.</summary>
    internal void Open()
    {
        Queue?.Dispose();
        Queue = new DeliveryQueue(new SqliteFile(PathOfFile), new WebhooksOptions("mta.test", Read(Toml), TimeSpan.FromHours(1), Limit), Clock, new PostfixNet.Webhooks.Log(Log));
        Position = Queue.Open();
    }

    internal MailEvent Event(EventKind kind, string queueId = "A", string? recipient = "ann@a.test", long which = 0) => new(kind, $"{queueId}:{recipient}:{kind.Word()}:{which}")
    {
        Time = (Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10,
        QueueId = queueId,
        Recipient = recipient,
        Sender = "shop@b.test",
    };

    internal void Take(params IReadOnlyList<MailEvent> events)
    {
        _offset += 100;
        Queue.Take(events, new EventPosition(1, _offset), 0);
    }

    /// <summary>All that can be sent now, one after the other, each taken.</summary>
    internal string Sent(string webhook = "shop")
    {
        List<string> sent = [];
        while (Queue.Next(webhook) is { } next)
        {
            sent.Add(next.EventId);
            Queue.Delivered(next);
        }
        return string.Join(' ', sent);
    }

    internal void Fail(string why = "status 500", int minutes = 1, string webhook = "shop", bool isUnreached = false) => Queue.Failed(Queue.Next(webhook)!, why, TimeSpan.FromMinutes(minutes), isUnreached);

    /// <summary>"id state" of each event, in their order.</summary>
    internal string[] States() => [.. JsonDocument.Parse(Queue.Json(withFinished: true, default)).RootElement.GetProperty("events").EnumerateArray().Reverse()
        .Select(static told => $"{told.GetProperty("id").GetString()} {told.GetProperty("state").GetString()}")];

    public void Dispose()
    {
        Queue.Dispose();
        _directory.Dispose();
    }
}
