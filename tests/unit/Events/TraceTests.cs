using System.Text.Json;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Metrics;

namespace PostfixNet.UnitTests.Events;

/// <summary>Traces: the context that senders name, and the spans that are made of events.</summary>
public sealed class TraceTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = "b7ad6b7169203331";

    // The examples of W3C Trace Context, and what it says of others.
    [Theory]
    [InlineData($"00-{Trace}-{Parent}-01", true)]
    [InlineData($"00-{Trace}-{Parent}-00", true)]
    [InlineData($"cc-{Trace}-{Parent}-01", true)]
    [InlineData($"cc-{Trace}-{Parent}-01-what-the-future-will-be-like", true)]
    [InlineData($"cc-{Trace}-{Parent}-01.what", false)]
    [InlineData($"00-{Trace}-{Parent}-01-what", false)]
    [InlineData($"ff-{Trace}-{Parent}-01", false)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false)]
    [InlineData($"00-{Trace}-{Parent}", false)]
    [InlineData($"00-{Trace}-{Parent}-0g", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_context_is_as_the_standard_has_it(string? text, bool isOne) => Assert.Equal(isOne, TraceContext.Parse(text) is not null);

    [Fact]
    public void What_is_kept_in_the_queue_is_read_again()
    {
        TraceContext given = TraceContext.Parse($"00-{Trace}-{Parent}-01")!;
        Assert.Equal(new TraceContext(Trace, Parent, true), given);
        TraceContext own = TraceContext.Begin(Random.Shared);
        Assert.Null(own.ParentId);
        foreach (TraceContext context in (TraceContext[])[given, own, given with { IsSampled = false }])
            Assert.Equal(context, TraceContext.Parse(context.ToString()));
    }

    [Fact]
    public void A_message_has_one_span_in_its_trace()
    {
        TraceContext context = TraceContext.Parse($"00-{Trace}-{Parent}-01")!;
        Assert.Equal(context.SpanOf("A"), context.SpanOf("A"));
        Assert.Equal(3, new HashSet<string>([context.SpanOf("A"), context.SpanOf("B"), TraceContext.Begin(Random.Shared).SpanOf("A")]).Count);
    }

    [Fact]
    public void Spans_of_a_message_are_made_of_its_events()
    {
        EventTrace trace = EventTrace.Of(TraceContext.Parse($"00-{Trace}-{Parent}-01"), "A")!;
        MailEvent attempt = new(EventKind.Attempt, "A:1:attempt:5") { Time = 9_000_000, QueueId = "A", Trace = trace, Status = "sent", Recipients = 2, Delays = new EventDelays(1_000_000, 500_000, 2_000_000, 3_000_000) };
        MailEvent removed = new(EventKind.Removed, "A:removed") { Time = 9_500_000, QueueId = "A", Trace = trace, Arrived = 2_500_000, Size = 77 };
        Assert.All((MailEvent[])[attempt, removed], static told => Assert.Equal(told, MailEvent.Parse(told.ToLine())));
        Assert.All((MailEvent[])[attempt with { Trace = null }, attempt with { Trace = trace with { Sampled = false } }, removed with { Kind = EventKind.Queued }], static told => Assert.False(SpanJson.IsSpan(told)));
        Assert.True(SpanJson.IsSpan(attempt) && SpanJson.IsSpan(removed));
        JsonElement[] spans = [.. JsonDocument.Parse(SpanJson.Request("mta.test", [attempt, removed])).RootElement.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray()];
        Assert.Equal([Trace, Trace], spans.Select(static span => span.GetProperty("traceId").GetString()));
        Assert.Equal([trace.SpanId, Parent], spans.Select(static span => span.GetProperty("parentSpanId").GetString()));
        Assert.Equal(trace.SpanId, spans[1].GetProperty("spanId").GetString());
        Assert.Equal(["4000000000", "2500000000"], spans.Select(static span => span.GetProperty("startTimeUnixNano").GetString()));
        Assert.Equal(["9000000000", "9500000000"], spans.Select(static span => span.GetProperty("endTimeUnixNano").GetString()));
        Assert.Equal(1, spans[0].GetProperty("status").GetProperty("code").GetInt32());
    }
}
