using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Answers why mail waits, from what is in memory: nothing is kept for it.</summary>
/// <remarks>Question: queue_id (may be unknown, or empty), sender, recipients, each with address. Answer: known=1 when the message is
/// in the active queue, active_full=1 when no other fits in, and for each recipient its transport, next_hop and limits; code, a
/// <see cref="WaitCode"/>, when something in here holds it up; left, in milliseconds, where time decides; reason.</remarks>
internal sealed class Explanations(ActiveQueue active, Routing routing, PausedDeliveries paused, Transports transports)
{
    /// <exception cref="IpcException">The question is malformed.</exception>
    internal AttributeList Answer(AttributeList question)
    {
        Message? message = QueueId.TryParse(question.Text("queue_id"), out QueueId id) ? active.Find(id) : null;
        Dictionary<string, Waiting> waiting = [];
        if (message is not null)
        {
            List<Waiting> all = [];
            foreach (Job job in message.Jobs)
                job.Transport.Explain(job, all);
            foreach (Waiting some in all)
            {
                foreach (Recipient recipient in some.Recipients)
                    waiting[recipient.Address] = some;
            }
        }
        string sender = question.Text("sender");
        List<AttributeList> recipients = [];
        foreach (AttributeList recipient in question.Lists("recipients"))
        {
            string address = recipient.Text("address");
            Route route = routing.Of(address);
            AttributeList answer = new AttributeList().Add("transport", route.Transport).Add("next_hop", route.NextHop);
            recipients.Add(answer);
            if (route.IsBuiltIn)
                continue;
            Standing standing = transports.Of(route.Transport).StandingOf(route);
            answer.Add("window", standing.Window).Add("busy", standing.Busy).Add("waiting", standing.Waiting)
                .Add("concurrency_limit", standing.ConcurrencyLimit).Add("recipient_limit", standing.RecipientLimit).Add("process_limit", standing.ProcessLimit);
            if (paused.Find(route, sender, address) is { } pause)
                answer.Add("code", WaitCode.Paused).Add("reason", pause.ToString());
            else if (waiting.TryGetValue(address, out Waiting? some))
                Add(answer, some.Process == 0 && some.Cause == WaitCause.Delivering ? WaitCode.NoProcess : CodeOf(some.Cause), some.Left, some.Reason?.Reason, some.Process);
            else if (message is not null)
                answer.Add("code", WaitCode.Finishing);
            else if (standing.Cause is WaitCause.TransportSuspended or WaitCause.DeadDestination)
                Add(answer, CodeOf(standing.Cause), standing.Left, standing.Reason?.Reason, 0);
        }
        return new AttributeList().Add("known", message is null ? 0 : 1).Add("active_full", active.HasRoom ? 0 : 1).Add("recipients", recipients);
    }

    private static void Add(AttributeList answer, string code, TimeSpan? left, string? reason, int process)
    {
        answer.Add("code", code);
        if (left is { } time)
            answer.Add("left", (long)time.TotalMilliseconds);
        if (reason is not null)
            answer.Add("reason", reason);
        if (process != 0)
            answer.Add("process", process);
    }

    private static string CodeOf(WaitCause cause) => cause switch
    {
        WaitCause.Delivering => WaitCode.Delivering,
        WaitCause.Paused => WaitCode.Paused,
        WaitCause.TransportSuspended => WaitCode.TransportSuspended,
        WaitCause.DeadDestination => WaitCode.DeadDestination,
        WaitCause.DestinationFull => WaitCode.DestinationFull,
        WaitCause.RateLimit => WaitCode.RateLimit,
        WaitCause.NoFreeAgent => WaitCode.NoFreeAgent,
        _ => WaitCode.InTurn,
    };
}
