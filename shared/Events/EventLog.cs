using System.Runtime.InteropServices;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>Writes events, beside other processes that do. Never fails, and never keeps mail waiting for longer than the disk takes: what cannot be
/// written is counted, and told by an event once one can be.</summary>
/// <remarks>For one thread at a time. A process that has nothing to tell opens nothing.</remarks>
public sealed class EventLog : IDisposable
{
    // Bytes that are written by one call at most, unless a line is longer.
    private const int BatchSize = 256 * 1024;

    private readonly EventOptions _options;
    private readonly string _service;
    private readonly ILog _log;
    private readonly TimeProvider _clock;
    private readonly EventWriter _writer;
    private readonly EventJournal? _journal;
    private long _lost;
    private bool _isTold, _isJournalTold;

    private EventLog(EventOptions options, string service, ILog log, TimeProvider clock)
    {
        (_options, _service, _log, _clock) = (options, service, log, clock);
        _writer = new EventWriter(options, clock);
        _journal = options.UsesJournal ? new EventJournal(options.JournalPath) : null;
    }

    /// <param name="options">Null: events are not recorded.</param>
    /// <param name="service">The service, or the command, that tells.</param>
    /// <param name="log">Hears of trouble, once until it is over.</param>
    /// <param name="clock">Null: the system's.</param>
    /// <returns>null likewise.</returns>
    public static EventLog? Open(EventOptions? options, string service, ILog log, TimeProvider? clock = null) =>
        options is null ? null : new EventLog(options, service, log, clock ?? TimeProvider.System);

    /// <summary>Writes events: whatever becomes of this process, they are there. A loss of power may lose them.</summary>
    public void Write(params ReadOnlySpan<MailEvent> events) => Write(events, isDurable: false);

    /// <summary>Writes events that end recipients; on return they are on stable storage, or counted as missing; or the log has a warning that they are written, and no more.</summary>
    public void WriteDurably(params ReadOnlySpan<MailEvent> events) => Write(events, isDurable: true);

    private void Write(ReadOnlySpan<MailEvent> events, bool isDurable)
    {
        if (events.IsEmpty)
            return;
        // Mail goes on, whatever there is with events.
        int unwritten = events.Length;
        try
        {
            TakeLines(events, ref unwritten);
            if (isDurable)
                _writer.Flush();
            if (isDurable || _lost > 0)
                TellGap();
            _isTold = false;
        }
        catch (SystemCallException e)
        {
            _lost += unwritten;
            if (!_isTold)
                _log.Warning($"{(unwritten > 0 ? "events are not recorded, only counted" : "events are written, but a loss of power may lose them")}: {e.Message}");
            _isTold = true;
            // A file that is opened anew may do better.
            _writer.Close();
            if (_lost > 0 && _writer.CountLost(_lost))
                _lost = 0;
        }
    }

    private void TakeLines(ReadOnlySpan<MailEvent> events, ref int unwritten)
    {
        List<byte> batch = new(1024);
        int inBatch = 0;
        foreach (MailEvent told in events)
        {
            MailEvent complete = Complete(told);
            byte[] line = complete.ToLine();
            Journal(complete, line);
            if (batch.Count > 0 && batch.Count + line.Length > BatchSize)
                Append(ref unwritten);
            batch.AddRange(line);
            inBatch++;
        }
        Append(ref unwritten);

        void Append(ref int unwritten)
        {
            _writer.Append(CollectionsMarshal.AsSpan(batch));
            unwritten -= inBatch;
            batch.Clear();
            inBatch = 0;
            _writer.FinishIfFull();
        }
    }

    private void Journal(MailEvent told, byte[] line)
    {
        if (_journal is null)
            return;
        bool isTaken = _journal.TryWrite(told, line);
        if (!isTaken && !_isJournalTold)
            _log.Warning($"events_journal: {_options.JournalPath}: the journal does not take events; the file has them");
        _isJournalTold = !isTaken;
    }

    // What this process, or any other, could not write.
    private void TellGap()
    {
        if (_lost > 0 && _writer.CountLost(_lost))
            _lost = 0;
        _writer.TellGap((count, number) => Complete(new MailEvent(EventKind.Gap, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_options.Host}:gap:{number}")) { Count = count }).ToLine());
    }

    private MailEvent Complete(MailEvent told) => told with
    {
        Time = told.Time != 0 ? told.Time : (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        Host = _options.Host,
        Service = _service,
        Pid = Environment.ProcessId,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _journal?.Dispose();
    }
}
