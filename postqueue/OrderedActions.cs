using PostfixNet.Actions;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>What a program of the mail system has done to messages: as postsuper does it, and with the same lines in the log.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="events">null: none are recorded.</param>
internal sealed class OrderedActions(QueueDirectories queues, EventOptions? events)
{
    /// <summary>Does it. On return it is on stable storage.</summary>
    internal ActReply Do(ShowqRequest.Act order)
    {
        Collected report = new();
        if (MessageActionWords.Parse(order.Action) is not { } action || order.Ids.Count > ShowqRequest.Act.MostIds)
        {
            report.Fail($"no such order: {order.Action} of {order.Ids.Count} messages");
            return new ActReply(0, HasFailed: true, report.Problems);
        }
        report.Note(PrintableText.Of($"ordered by {order.By}: {order.Action} {string.Join(' ', order.Ids)}"));
        using EventLog? told = EventLog.Open(events, "showq", MailLog.Lines);
        MessageActions actions = new(queues, report, new Changes(queues.Root), TimeProvider.System) { Events = told };
        foreach (string id in order.Ids)
            actions.ActOn(action, id, MessageActions.DefaultQueues);
        actions.Summarize(action);
        return new ActReply(actions.Total, report.HasFailed, report.Problems);
    }

    private sealed class Collected : Report
    {
        private const int Most = 50;
        private readonly List<string> _problems = [];

        internal IReadOnlyList<string> Problems => _problems;

        protected override void Write(string severity, string text)
        {
            if (severity != "warning")
            {
                MailLog.Info(PrintableText.Of(text));
                return;
            }
            MailLog.Warning(PrintableText.Of(text));
            if (_problems.Count < Most)
                _problems.Add(text);
        }
    }
}
