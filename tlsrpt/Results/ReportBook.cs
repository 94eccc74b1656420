using System.Globalization;
using System.Security.Cryptography;
using PostfixNet.Delivery;

namespace PostfixNet.Tlsrpt;

/// <summary>Results of today, and reports of the days before, of all domains that want reports. All in one loop.</summary>
/// <remarks>A domain is asked for its record with its first result of a day; until it has answered, its results are kept, and when it wants no reports they are forgotten, and not
/// gathered any more that day. What changes is on stable storage within <see cref="FlushInterval"/>.</remarks>
/// <param name="idDomain">Of report ids.</param>
internal sealed class ReportBook(IOutside outside, TimeProvider clock, string idDomain, Log log)
{
    /// <summary>How long results may be in memory alone.</summary>
    internal static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(5);

    /// <summary>Domains with results of one day.</summary>
    internal const int MostDomains = 10_000;

    private const int MostWithout = 50_000, MostQuestions = 8;
    private static readonly TimeSpan s_askAgain = TimeSpan.FromMinutes(15), s_complainAgain = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(DateOnly Day, string Domain), DomainDay> _all = [];
    private readonly HashSet<DomainDay> _changed = [], _stored = [];
    private readonly HashSet<string> _without = [];
    private readonly PriorityQueue<DomainDay, long> _toAsk = new();
    private DateOnly _today;
    private int _ofToday, _questions;
    private bool _isFull;
    private long? _complained;
    private Task? _writing;

    /// <summary>The day that it is, by UTC.</summary>
    internal DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    /// <summary>Seconds since 1970.</summary>
    internal long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>All of them, by day and domain.</summary>
    internal IEnumerable<DomainDay> All => _all.Values.OrderBy(static day => day.Day).ThenBy(static day => day.Domain, StringComparer.Ordinal);

    /// <summary>Of days that are over.</summary>
    internal IEnumerable<DomainDay> Past => All.Where(day => day.Day < Today);

    /// <summary>Takes what an earlier process has stored.</summary>
    internal void Add(DomainDay stored)
    {
        _all[(stored.Day, stored.Domain)] = stored;
        _stored.Add(stored);
        TurnToToday();
        if (stored.Day == _today)
            _ofToday++;
        if (stored.Day == _today && stored.Record is null && stored.Sending.State == SendingState.Waiting)
            _toAsk.Enqueue(stored, Now);
    }

    /// <summary>Counts an attempt.</summary>
    internal void Take(TlsAttempt attempt)
    {
        string domain = attempt.Domain.ToLowerInvariant();
        TurnToToday();
        if (!ReportStore.IsDomain(domain) || _without.Contains(domain))
            return;
        if (!_all.TryGetValue((_today, domain), out DomainDay? day))
        {
            if (_ofToday >= MostDomains)
            {
                if (!_isFull)
                    log.TooMany(MostDomains, domain);
                _isFull = true;
                return;
            }
            string id = string.Create(CultureInfo.InvariantCulture, $"{_today:yyyyMMdd}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}@{idDomain}");
            day = new DomainDay(_today, domain, id, RetryPlan.DueAfter(_today, Random.Shared));
            _all.Add((_today, domain), day);
            _ofToday++;
            _toAsk.Enqueue(day, Now);
        }
        day.Take(attempt);
        if (day.Record is not null || _stored.Contains(day))
            _changed.Add(day);
        Ask();
    }

    /// <summary>Does what is due: questions, and what is to be stored.</summary>
    internal async ValueTask Run()
    {
        TurnToToday();
        Ask();
        await Flush();
    }

    /// <summary>Puts all that has changed on stable storage.</summary>
    internal ValueTask Flush() => _changed.Count > 0 ? Save(_changed) : ValueTask.CompletedTask;

    /// <summary>Puts one report's state on stable storage, as it is once those before are there.</summary>
    internal ValueTask Save(DomainDay day) => Save([day]);

    // At most one writes: else the older content of a file could come after the newer.
    private async ValueTask Save(HashSet<DomainDay> days)
    {
        while (_writing is { } other)
            await other;
        TaskCompletionSource done = new();
        _writing = done.Task;
        DomainDay[] written = [.. days];
        foreach (DomainDay day in written)
        {
            _changed.Remove(day);
            _stored.Add(day);
        }
        string? trouble = written.Length == 0 ? null : await outside.Write([.. written.Select(static day => new FileToWrite(day.Day, day.Domain, DomainDayFile.Write(day)))]);
        if (trouble is not null)
        {
            _changed.UnionWith(written);
            if (_complained is null || clock.GetElapsedTime(_complained.Value) > s_complainAgain)
            {
                log.NotKept(trouble);
                _complained = clock.GetTimestamp();
            }
        }
        _writing = null;
        done.SetResult();
    }

    private void Ask()
    {
        while (_questions < MostQuestions && _toAsk.TryPeek(out DomainDay? day, out long from) && from <= Now)
        {
            _ = _toAsk.Dequeue();
            if (day.Day == _today)
                outside.Watch(Ask(day));
        }
    }

    private async Task Ask(DomainDay day)
    {
        _questions++;
        RecordAnswer answer = await outside.Find(day.Domain);
        _questions--;
        if (answer.Trouble is not null)
        {
            // Perhaps it does: what is there may be sent yet.
            _toAsk.Enqueue(day, Now + (long)s_askAgain.TotalSeconds);
            _changed.Add(day);
        }
        else if (answer.Record is null)
        {
            Forget(day);
        }
        else
        {
            day.Record = answer.Record;
            _changed.Add(day);
        }
        Ask();
    }

    private void Forget(DomainDay day)
    {
        if (_without.Count >= MostWithout)
            _without.Clear();
        if (day.Day == _today)
            _without.Add(day.Domain);
        if (_stored.Contains(day))
        {
            day.Sending.State = SendingState.Unwanted;
            _changed.Add(day);
            return;
        }
        _all.Remove((day.Day, day.Domain));
        if (day.Day == _today)
            _ofToday--;
    }

    // With a new day all is asked anew; the day before yesterday is over: reports go within 28 hours after the end of their day.
    private void TurnToToday()
    {
        if (_today == Today)
            return;
        _today = Today;
        (_ofToday, _isFull) = (_all.Keys.Count(key => key.Day == _today), false);
        _without.Clear();
        foreach (DomainDay day in _all.Values.Where(day => day.Day < Oldest).ToArray())
        {
            _all.Remove((day.Day, day.Domain));
            _stored.Remove(day);
            _changed.Remove(day);
        }
        DayTurned?.Invoke();
    }

    /// <summary>The first day that is kept.</summary>
    internal DateOnly Oldest => Today.AddDays(-2);

    /// <summary>Called when there is another day.</summary>
    internal Action? DayTurned { get; set; }
}
