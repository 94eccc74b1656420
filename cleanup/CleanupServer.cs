using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.Tables;

namespace PostfixNet.Cleanup;

/// <summary>Serves one client: message after message, until the client closes or the process must end.</summary>
/// <param name="trace">Puts recipients on record for the success report of a message; why it failed, or null.</param>
/// <param name="events">Is told of mail; null: nobody wants to know.</param>
internal sealed class CleanupServer(
    CleanupOptions options, QueueDirectories queues, TimeProvider clock, Func<QueueId, IReadOnlyList<Outcome>, string?> trace, Log log, EventLog? events = null)
{
    private readonly TriggerLine _queueManager = new(options.QueueManager);

    /// <summary>Takes the messages of one connection.</summary>
    /// <param name="channel">The client.</param>
    /// <param name="waitForRequest">Waits until the next request is there; false when the connection is to be closed instead.</param>
    /// <exception cref="IpcException">The client misbehaves.</exception>
    internal void Serve(Channel channel, Func<bool> waitForRequest)
    {
        while (waitForRequest() && channel.Receive() is { } request)
        {
            if (!ServeMessage(channel, CleanupRequest.From(request)))
                return;
        }
    }

    private bool ServeMessage(Channel channel, CleanupRequest request)
    {
        NewQueueFile? file = Create(out string trouble);
        if (file is null)
        {
            channel.Send(new CleanupReply.Ended(CleanupVerdict.TryAgain, trouble).ToAttributes());
            return true;
        }
        using (file)
        {
            Message message = new()
            {
                Id = file.Id,
                Log = log,
                IsInternal = request.IsInternal,
                IsReturned = request.IsReturned,
                IsFromServer = request.IsFromServer,
                IsPassed = IsPassed(request),
                IsChecked = !IsPassed(request) && !request.Reception.Omits(ReceiveOverrides.Checks),
                Reception = request.Reception,
                CreateTime = MailTime.Microseconds(clock) / 1_000_000,
                SmtpUtf8 = request.SmtpUtf8,
                RequireTls = request.RequireTls,
                HeaderCompletion = options.Completion,
                Aliases = events is null ? null : [],
            };
            bool isQueued = false;
            try
            {
                channel.Send(new CleanupReply.Begun(file.Id).ToAttributes());
                AddMilters(message, request, channel);
                ReceivedData data = new(channel);
                CleanupReply.Ended end = Take(message, data, file);
                isQueued = end.Verdict == CleanupVerdict.Accepted && !message.IsDiscarded;
                // What is not queued is gone before the client hears of it.
                if (!isQueued)
                    file.Dispose();
                data.Drain();
                channel.Send(end.ToAttributes());
                return true;
            }
            catch (IpcException e)
            {
                // Once it is queued, it is delivered, even if the client could not be told and tries again.
                if (!isQueued)
                    log.GivenUp(message, e.Message);
                return false;
            }
            finally
            {
                message.Milters?.Dispose();
                if (isQueued && !message.IsHeld)
                    WakeQueueManager();
            }
        }
    }

    // Mail of the system itself is not looked at, unless it is wanted.
    private bool IsPassed(CleanupRequest request) => request.IsInternal && !options.Milters.FilteredClasses.Contains(request.Class);

    // Mail of a server has those that the server hands over, or none.
    private void AddMilters(Message message, CleanupRequest request, Channel channel)
    {
        if (request.Milters.Count > 0)
            message.Milters = Handed(message, request, channel.ReceiveDescriptors(request.Milters.Count));
        else if (options.Milters.Others.Count > 0 && !request.IsFromServer && !message.IsPassed && !request.Reception.Omits(ReceiveOverrides.Milters))
            message.Milters = MessageMilters.Own(options.Milters, message);
        message.Places = message.Milters is null ? null : new EditPlaces();
    }

    private MessageMilters Handed(Message message, CleanupRequest request, IReadOnlyList<Descriptor> sockets)
    {
        try
        {
            return MessageMilters.Handed(options.Milters, message, request.Milters, sockets);
        }
        catch
        {
            foreach (Descriptor socket in sockets)
                socket.Dispose();
            throw;
        }
    }

    private CleanupReply.Ended Take(Message message, ReceivedData data, NewQueueFile file)
    {
        try
        {
            file.ReserveSize();
            // Our own notices have lines of the returned message as they are.
            RecordReader input = new(data.Read, message.IsInternal ? RecordReader.TrustedMaximumPayload : options.LineLengthLimit);
            MessageIntake intake = new(options, message, input, file.Writer, clock);
            SizeRecord size = intake.Run();
            // A client that changes its mind says so by not ending the data.
            data.Drain();
            if (message is { IsPassed: false, Milters: { } milters, Places: { } places })
                size = intake.Inspect(file, milters, places, size);
            if (message.IsDiscarded)
                return new CleanupReply.Ended(CleanupVerdict.Accepted);
            if (message.Expanded.Count > 0 && trace(message.Id, message.Expanded) is { } trouble)
            {
                log.NotTraced(message, trouble);
                return new CleanupReply.Ended(CleanupVerdict.TryAgain, "trace service failure");
            }
            file.WriteSize(size);
            if (intake.Listed.Count > 0)
            {
                CommitWithLists(message, file, intake.Listed, size);
            }
            else
            {
                if (events is not null)
                    AcceptanceEvents.Tell(events, message, size, []);
                Commit(message, file);
            }
            return new CleanupReply.Ended(CleanupVerdict.Accepted);
        }
        catch (Refusal e)
        {
            return new CleanupReply.Ended(e.IsTemporary ? CleanupVerdict.TryAgain : CleanupVerdict.Refused, e.Message, e.Status ?? "") { Reply = e.Reply };
        }
        catch (LookupException e)
        {
            log.LookupFailed(message, e.Message);
            return new CleanupReply.Ended(CleanupVerdict.TryAgain, "temporary lookup failure");
        }
        catch (IOException e) when (e is not IpcException)
        {
            log.WriteError(e.Message);
            return new CleanupReply.Ended(CleanupVerdict.TryAgain, "queue file write error");
        }
    }

    // Lists first: a crash in between, and the client that tries again, makes their mail come twice, and never none. What fails without a crash takes back what
    // is there already, or each try would send it again.
    private void CommitWithLists(Message message, NewQueueFile file, IReadOnlyList<(Recipient Recipient, ListMail List)> listed, SizeRecord size)
    {
        Dictionary<ListMail, NewQueueFile> forwarded = [];
        bool isDone = false;
        try
        {
            foreach (ListMail list in listed.Select(static item => item.List).Distinct())
            {
                forwarded.Add(list, NewQueueFile.Create(queues, QueueName.Incoming, options.LongQueueIds, clock));
                ListFile.Write(forwarded[list], file, list, message, options, message.CreateTime);
            }
            if (events is not null)
                AcceptanceEvents.Tell(events, message, size, forwarded.Select(static made => (made.Value.Id, made.Key.Owner)));
            foreach (NewQueueFile ready in forwarded.Values)
                Commit(message, ready);
            Commit(message, file);
            isDone = true;
        }
        finally
        {
            foreach (NewQueueFile made in forwarded.Values)
            {
                if (!isDone)
                    made.Withdraw();
                made.Dispose();
            }
        }
        long arrival = (message.Arrival ?? message.CreateTime) * 1_000_000, now = MailTime.Microseconds(clock);
        foreach ((Recipient recipient, ListMail list) in listed)
            log.Forwarded(message, recipient, forwarded[list].Id, new DeliveryLog.Times(arrival, now, now, now, now), options.DelayResolution);
    }

    private void Commit(Message message, NewQueueFile file)
    {
        if (message.IsHeld)
            file.MoveTo(queues, QueueName.Hold);
        file.Commit(QueueFileMode.Ready);
    }

    private NewQueueFile? Create(out string trouble)
    {
        try
        {
            string directory = queues.DirectoryOf(QueueName.Incoming);
            if (options.Space.Shortage(directory) is { } shortage)
            {
                trouble = "insufficient free space in the queue";
                log.NoSpace(shortage);
                return null;
            }
            trouble = "";
            return NewQueueFile.Create(queues, QueueName.Incoming, options.LongQueueIds, clock);
        }
        catch (IOException e)
        {
            trouble = "queue file write error";
            log.WriteError(e.Message);
            return null;
        }
    }

    private void WakeQueueManager()
    {
        try
        {
            _queueManager.Send("I"u8);
        }
        catch (IOException)
        {
            // It looks at incoming/ when it starts, and from time to time.
        }
    }
}
