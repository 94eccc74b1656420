using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;
using PostfixNet.Service;
using PostfixNet.Suppression;

namespace PostfixNet.Reports;

/// <summary>The side of this program that qmgr sees: requests in, queue files, reports out.</summary>
internal sealed class ReportAgent(ServiceContext context, ReportSettings settings, TimeProvider clock, ILog log) : IDisposable
{
    private readonly BounceClient _records = new(settings.Timeout);
    private readonly EventLog? _events = EventLog.Open(settings.Events, context.Name, log, clock);
    private readonly ReturnPathSource _paths = new(settings.Paths, settings.Queues.Root);

    /// <summary>Serves one connection of qmgr: request, report, request, report, until it closes or this process must end.</summary>
    internal void Serve(Channel channel)
    {
        channel.Send(new AgentReady(Environment.ProcessId).ToAttributes());
        while (channel.Socket.Wait(Readiness.Readable, -1, context.Lifeline) is (not Readiness.None, _) && channel.Receive() is { } message)
        {
            DeliveryReport report = Deliver(DeliveryRequest.From(message));
            bool ends = context.MustEnd;
            channel.Send((report with { Ends = ends }).ToAttributes());
            if (ends)
                return;
        }
    }

    public void Dispose()
    {
        _records.Dispose();
        _events?.Dispose();
    }

    private DeliveryReport Deliver(DeliveryRequest request)
    {
        string path = settings.Queues.PathOf(request.Queue, request.Id);
        try
        {
            using QueueFile file = QueueFile.Open(path, write: true);
            if (file.TryLockShared(path) is { } why)
                return PutOff(request, why);
            bool someDeferred = false, isUnrecorded = false;
            foreach (Recipient recipient in request.Recipients.Where(recipient => recipient.Offset == 0 || !QueueFile.IsDone(file.Handle, recipient.Offset)))
                Deliver(request, file, recipient, ref someDeferred, ref isUnrecorded);
            return new DeliveryReport(someDeferred, false, null, false, false) { IsUnrecorded = isUnrecorded };
        }
        catch (QueueFileException e)
        {
            log.Warning($"{request.Id}: corrupt queue file: {e.Message}");
            return new DeliveryReport(true, true, null, false, false);
        }
        catch (IOException e)
        {
            return PutOff(request, e.Message);
        }
        finally
        {
            _records.Release();
        }
    }

    private DeliveryReport PutOff(DeliveryRequest request, string why)
    {
        log.Warning($"{request.Id}: delivery put off: {why}");
        return new DeliveryReport(true, false, null, false, false) { IsUnrecorded = true };
    }

    private void Deliver(DeliveryRequest request, QueueFile file, Recipient recipient, ref bool someDeferred, ref bool isUnrecorded)
    {
        long begin = MailTime.Microseconds(clock);
        Handled handled = Handle(request, file, recipient.Address);
        Dsn dsn = new(handled.Status, handled.Text);
        if (dsn.Class == DsnClass.Permanent && _records.Append(settings.BounceService, request.Id, new Outcome(recipient, dsn with { Action = DsnAction.Failed })) is { } why)
            dsn = new Dsn("4.3.0", why);
        DeliveryStatus status = dsn.Class switch { DsnClass.Success => DeliveryStatus.Sent, DsnClass.Permanent => DeliveryStatus.Bounced, _ => DeliveryStatus.Deferred };
        if (status == DeliveryStatus.Deferred)
        {
            someDeferred = true;
            isUnrecorded |= _records.Append(settings.DeferService, request.Id, new Outcome(recipient, dsn with { Action = DsnAction.Delayed })) is not null;
        }
        long now = MailTime.Microseconds(clock);
        log.Write(Severity.Info, DeliveryLog.Line(request.Id, recipient, "reports", 0, new DeliveryLog.Times(request.ArrivalMicroseconds, request.ActiveMicroseconds, begin, begin, now), status, dsn, settings.DelayResolution));
        MailEvent told = ReportEvents.Of(request, recipient, context.Name, status, dsn, begin, now);
        if (status == DeliveryStatus.Deferred)
        {
            _events?.Write(told);
            return;
        }
        // On stable storage before the mark.
        _events?.WriteDurably(told);
        QueueFile.MarkDone(file.Handle, recipient.Offset);
    }

    private Handled Handle(DeliveryRequest request, QueueFile file, string address)
    {
        ReturnPathMaker paths;
        try
        {
            paths = _paths.Maker;
        }
        catch (IOException e)
        {
            return new Handled("4.3.0", e.Message);
        }
        return new ReportHandling(paths, new SeenReports(settings.Queues.Root), new Outside(settings, request, file, _events), clock).Handle(address, () => ReportReader.Read(Beginning(request, file)));
    }

    private static byte[] Beginning(DeliveryRequest request, QueueFile file)
    {
        using MemoryStream text = new();
        foreach ((ReadOnlyMemory<byte> piece, bool endsLine) in Content(request, file))
        {
            text.Write(piece.Span);
            if (endsLine)
                text.WriteByte((byte)'\n');
            if (text.Length >= ReportReader.Limit)
                break;
        }
        return text.ToArray();
    }

    private static IEnumerable<(ReadOnlyMemory<byte> Piece, bool EndsLine)> Content(DeliveryRequest request, QueueFile file)
    {
        ContentReader reader = new(file.Handle, request.DataOffset);
        while (reader.Read())
            yield return (reader.Piece.ToArray(), reader.EndsLine);
    }

    /// <summary>The services of this system.</summary>
    private sealed class Outside(ReportSettings settings, DeliveryRequest request, QueueFile file, EventLog? events) : IReportOutside
    {
        public SentRecipient? Find(int day, long place) => new SentMail(settings.Queues.Root).Find(day, place);

        public void Tell(ReportedResult result)
        {
            using Channel channel = Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, settings.Timeout);
            channel.Send(new SuppressionRequest([], []) { Results = [result] }.ToAttributes());
            if (SuppressionReply.From(channel.ReceiveReply()).Refusal is { } why)
                throw new IpcException(why);
        }

        public void Record(ReturnedReport report, string recipient, SentRecipient? sent)
        {
            if (events is not null && ReportEvents.Of(request, report, recipient, sent) is { } told)
                events.Write(told);
        }

        public string? Forward(string recipient)
        {
            CleanupSubmitter submitter = new(settings.Cleanup, settings.Timeout);
            using INoticeDraft draft = submitter.Begin("", recipient, request.SmtpUtf8);
            foreach ((ReadOnlyMemory<byte> piece, bool endsLine) in Content(request, file))
            {
                draft.Content.Write(piece.Span);
                if (endsLine)
                    draft.Content.WriteByte((byte)'\n');
            }
            return draft.Finish();
        }
    }
}
