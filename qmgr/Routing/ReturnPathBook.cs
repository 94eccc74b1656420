using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Qmgr;

/// <summary>Gives mail that leaves its return path (report_domain), and keeps who it was from and to. Trouble with that delays no mail: it leaves with its own sender then.</summary>
internal sealed class ReturnPathBook(QueueDirectories directories, TimeProvider clock, Log log)
{
    private readonly SentMail _sent = new(directories.Root);
    private ReturnPathSource? _source;
    private string _told = "";

    /// <summary>Takes the parameters.</summary>
    internal void Read(ReturnPathSettings settings) => _source = settings.Domain.Length == 0 ? null : new ReturnPathSource(settings, directories.Root);

    /// <summary>A message gets return paths. Not one that comes back from where it is sent to (a filter), nor one whose sender has asked for his own kind (VERP).</summary>
    internal bool IsFor(Envelope envelope) => _source is not null && envelope.Verp is null && envelope.ContentFilter is not { Length: > 0 } && (envelope.Tracing & Tracing.Probe) == 0
        && _source.Settings.IsFor(envelope.Sender ?? "");

    /// <summary>The return path of one delivery; null: it has the sender of the message.</summary>
    internal string? Of(Message message, Recipient recipient)
    {
        // What comes back is not to come back again.
        if (_source is null || _source.IsOfDomain(recipient.Address))
            return null;
        try
        {
            long now = MailTime.Microseconds(clock) / 1_000_000;
            ReturnPathMaker maker = _source.Maker;
            int day = ReturnPathMaker.DayOf(now);
            return _sent.Add(day, maker.FirstDay(now), new SentRecipient(message.Id.ToString(), message.Sender, recipient.Address)) is { } place ? maker.Make(day, place, recipient.Address) : null;
        }
        catch (IOException e)
        {
            if (e.Message != _told)
                log.NoReturnPath(_told = e.Message);
            return null;
        }
    }
}
