using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>The side of this program that others see: "master webhooks" asks. The others are threads: one takes events, and one for each webhook sends them.</summary>
internal sealed class WebhooksService(EventLoop loop, EventConsumer consumer, DeliveryQueue queue, IReadOnlyList<Sender> senders, string hostName, Log log) : EventServer.IServer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(11), s_lastWords = TimeSpan.FromSeconds(5), s_begins = TimeSpan.FromSeconds(20);

    /// <summary>Begins to take events, and to send them.</summary>
    internal void Start()
    {
        consumer.Start(End);
        foreach (Sender sender in senders)
            sender.Start(End);

        // A bug in a thread: one line, and master starts the program anew.
        void End(Exception e)
        {
            log.Bug(e);
            Environment.Exit(ExitStatus.Software);
        }
    }

    public void Serve(Descriptor client) => loop.Mind(Talk(client));

    // What is under way may come to its end, for a while; it would be sent again, under the same id.
    public void MustEnd()
    {
        loop.Mind(Leave());

        async Task Leave()
        {
            _ = await loop.Elsewhere(() =>
            {
                Deadline limit = Deadline.In(s_lastWords);
                consumer.Stop(TimeSpan.FromMilliseconds(limit.RemainingMilliseconds));
                foreach (Sender sender in senders)
                    _ = sender.Stop(TimeSpan.FromMilliseconds(limit.RemainingMilliseconds));
                return true;
            });
            loop.Stop();
        }
    }

    private async Task Talk(Descriptor client)
    {
        using LoopStream stream = new(loop, client, s_patience);
        using LoopChannel channel = new(stream, "client", s_patience);
        try
        {
            WebhooksQuestion question = WebhooksQuestion.From(await channel.Receive());
            await channel.Send((await loop.Elsewhere(() => Answer(question))).ToAttributes());
        }
        catch (IpcException e)
        {
            // The wake-up of master is a byte of a message.
            if (!e.Message.Contains("connection closed", StringComparison.Ordinal))
                log.BadRequest(e.Message);
        }
    }

    private async Task<WebhooksAnswer> Answer(WebhooksQuestion question)
    {
        _ = await Task.WhenAny(queue.Ready, Task.Delay(s_begins)).ConfigureAwait(false);
        try
        {
            switch (question.What)
            {
                case WebhooksQuestion.List:
                    return new WebhooksAnswer(queue.Json(question.IsAll, consumer.Lag()));
                case WebhooksQuestion.Cancel:
                    return Count(queue.Cancel(question.Which));
                case WebhooksQuestion.Retry:
                    int count = queue.Retry(question.Which);
                    foreach (Sender sender in senders)
                        sender.EndPause();
                    return Count(count);
                case WebhooksQuestion.Test when senders.FirstOrDefault(sender => sender.Webhook.Name == question.Which) is { } sender:
                    return await Test(sender).ConfigureAwait(false);
                default:
                    return new WebhooksAnswer("{}", $"there is no webhook {PrintableText.Of(question.Which)}");
            }
        }
        catch (DatabaseException e)
        {
            log.NotAsked(e.Message);
            return new WebhooksAnswer("{}", "the database cannot be used now; the log tells more");
        }
    }

    private static WebhooksAnswer Count(int count) => new(string.Create(CultureInfo.InvariantCulture, $"{{\"events\": {count}}}"));

    private async Task<WebhooksAnswer> Test(Sender sender)
    {
        long now = MailTime.NowMicroseconds;
        string id = string.Create(CultureInfo.InvariantCulture, $"{hostName}:test:{now}");
        // A kind that receivers do not know is passed over.
        string body = Encoding.UTF8.GetString(new MailEvent(EventKind.Unknown, id) { Time = now, Host = hostName, Service = WebhooksQuestion.Service, Pid = Environment.ProcessId }.ToLine())
            .TrimEnd('\n').Replace($"\"event\":\"{EventKind.Unknown.Word()}\"", $"\"event\":\"{WebhooksQuestion.Test}\"", StringComparison.Ordinal);
        long start = TimeProvider.System.GetTimestamp();
        Reply reply = await sender.Try(id, body).ConfigureAwait(false);
        return new WebhooksAnswer(string.Create(CultureInfo.InvariantCulture,
            $"{{\"taken\": {(reply.IsTaken ? "true" : "false")}, \"answer\": {JsonText.Quote(reply.Text)}, \"seconds\": {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.000}}}"));
    }
}
