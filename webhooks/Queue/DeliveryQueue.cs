using System.Data.Common;
using System.Globalization;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>Events that wait to be sent, on record: each for each webhook that wants it, in one transaction with the place up to which events were read. What a crash leaves is
/// either there, or read again; and what was sent, and not noted, is sent again under the same id.</summary>
/// <remarks>May be used by any thread; whatever the database does wrong is a <see cref="DatabaseException"/>, and nothing of that transaction is there then.</remarks>
internal sealed class DeliveryQueue : IEventSink, IDisposable
{
    private const string PositionFact = "position";
    private const int AtOnce = 500, MostListed = 1000, LongestText = 500;

    // A webhook that is new hears of what was just before: of mail that came while the system started.
    private static readonly TimeSpan s_before = TimeSpan.FromMinutes(5);

    // Between two looks at what is too old.
    private static readonly TimeSpan s_pruneInterval = TimeSpan.FromMinutes(1);

    private readonly SqliteFile _file;
    private readonly WebhooksOptions _options;
    private readonly TimeProvider _clock;
    private readonly Log _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DbConnection? _connection;
    private Statements? _statements;
    private EventPosition _position;
    private long _lastPrune;

    internal DeliveryQueue(SqliteFile file, WebhooksOptions options, TimeProvider clock, Log log) => (_file, _options, _clock, _log) = (file, options, clock, log);

    // Of a webhook, in memory.
    private sealed class State
    {
        internal long Since, Lost, Waits, InHand;
        internal bool IsStopped, IsToldFull;
    }

    /// <summary>It can be asked: a process that begins needs a moment.</summary>
    internal Task Ready => _ready.Task;

    private long Now => MailTime.Microseconds(_clock);

    public EventPosition Open()
    {
        lock (_gate)
        {
            Close();
            try
            {
                OpenFile(isAnew: false);
            }
            catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.Damaged)
            {
                BeginAnew(e);
            }
            _ = _ready.TrySetResult();
            return _position;
        }
    }

    private void OpenFile(bool isAnew)
    {
        try
        {
            _connection = Guard(() => _file.Connect(toWrite: true));
            Guard(() => DeliverySchema.Prepare(_connection));
            _statements = Guard(() => new Statements(_connection));
            Transact(_statements, sql => Settle(sql, isAnew));
        }
        catch
        {
            Close();
            throw;
        }
        _lastPrune = 0;
    }

    // Damage is found by whoever comes upon it first. What waited is told again, of the events that are kept.
    private void BeginAnew(DatabaseException damage)
    {
        Close();
        _log.Damaged(damage.Message, _file.SetAside());
        OpenFile(isAnew: true);
    }

    private void Close()
    {
        _statements?.Dispose();
        _connection?.Dispose();
        (_statements, _connection) = (null, null);
    }

    // What main.toml says now: webhooks that are new, that have another URL, or that are gone, with what waited for them.
    private void Settle(Statements sql, bool isAnew)
    {
        _position = EventPosition.TryParse(sql.Fact.Value(PositionFact) as string, out EventPosition position) ? position : EventPosition.Beginning;
        Dictionary<string, (string Url, long Since, bool IsStopped, long Lost)> known = [];
        using (DbDataReader rows = sql.Webhooks.Read())
        {
            while (rows.Read())
                known.Add(rows.GetString(0), (rows.GetString(1), rows.GetInt64(2), rows.GetInt64(3) != 0, rows.GetInt64(4)));
        }
        Dictionary<string, State> kept = new(_states);
        _states.Clear();
        foreach (Webhook webhook in _options.Webhooks)
        {
            string url = webhook.Rule.Url.AbsoluteUri;
            bool isKnown = known.Remove(webhook.Name, out var row), isSame = isKnown && row.Url == url;
            TimeSpan before = isAnew ? webhook.Rule.Expire : s_before;
            State state = new()
            {
                Since = isKnown ? row.Since : Now - (long)before.TotalMicroseconds,
                Lost = isKnown ? row.Lost : 0,
                IsStopped = isSame && row.IsStopped,
                InHand = kept.GetValueOrDefault(webhook.Name)?.InHand ?? 0,
                Waits = Convert.ToInt64(sql.CountWaiting.Value(webhook.Name), CultureInfo.InvariantCulture),
            };
            sql.SaveWebhook.Run(webhook.Name, url, state.Since, state.IsStopped ? 1L : 0L, state.Lost);
            _states.Add(webhook.Name, state);
        }
        foreach (string gone in known.Keys)
        {
            sql.RemoveWebhook.Run(gone);
            sql.RemoveDeliveries.Run(gone);
        }
    }

    public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed)
    {
        lock (_gate)
        {
            Mend(sql =>
            {
                foreach (Webhook webhook in _options.Webhooks)
                {
                    State state = _states[webhook.Name];
                    // First what is missing before these.
                    TellLost(sql, webhook, state);
                    if (missed > 0)
                        TellMissed(sql, webhook, state, missed);
                    foreach (MailEvent told in events)
                    {
                        if (told.Time >= state.Since && webhook.Wants(told))
                            Take(sql, webhook, state, told);
                    }
                    sql.SaveLost.Run(webhook.Name, state.Lost);
                }
                sql.SaveFact.Run(PositionFact, after.ToString());
            });
            _position = after;
        }
    }

    private void Take(Statements sql, Webhook webhook, State state, MailEvent told)
    {
        if (state.Waits >= _options.QueueLimit)
        {
            if (sql.IsKnown.Value(webhook.Name, Text(told.Id)) is null)
                state.Lost++;
            if (!state.IsToldFull)
                _log.Full(webhook.Name, _options.QueueLimit);
            state.IsToldFull = true;
            return;
        }
        long now = Now;
        string message = MessageOf(told);
        if (sql.Add.Run(webhook.Name, Text(told.Id), message, Text(told.Recipient), told.Kind.Word(), Encoding.UTF8.GetString(told.ToLine()).TrimEnd('\n'), now) == 0)
            return;
        state.Waits++;
        long number = Convert.ToInt64(sql.LastNumber.Value(), CultureInfo.InvariantCulture);
        foreach (EventKind older in Supersession.Of(told.Kind))
            state.Waits -= sql.Supersede.Run(webhook.Name, message, older.Word(), Text(Supersession.RecipientOf(told)), number, state.InHand, now, Text($"superseded by {told.Id}"));
        sql.Promote.Run(webhook.Name, message, now);
    }

    // Of a report, the message that it is about: what became of that is told first.
    private static string MessageOf(MailEvent told) => Text((told.Kind is EventKind.Notice or EventKind.Report or EventKind.Complaint ? told.NoticeFor : null) ?? told.QueueId ?? told.Id)!;

    // As the database takes it: Unicode, and not too long.
    private static string? Text(string? text)
    {
        if (text is null)
            return null;
        string printable = PrintableText.Of(text);
        return printable.Length <= LongestText ? printable : printable[..(char.IsHighSurrogate(printable[LongestText - 1]) ? LongestText - 1 : LongestText)];
    }

    private void TellLost(Statements sql, Webhook webhook, State state)
    {
        if (state.Lost == 0 || state.Waits >= _options.QueueLimit - _options.QueueLimit / 10)
            return;
        Take(sql, webhook, state, Gap(webhook, "full") with { Count = state.Lost });
        (state.Lost, state.IsToldFull) = (0, false);
    }

    private void TellMissed(Statements sql, Webhook webhook, State state, long missed) => Take(sql, webhook, state,
        Gap(webhook, "missed") with { Reply = string.Create(CultureInfo.InvariantCulture, $"{missed} files of events were removed before they were read") });

    private MailEvent Gap(Webhook webhook, string why)
    {
        long now = Now;
        return new MailEvent(EventKind.Gap, string.Create(CultureInfo.InvariantCulture, $"{_options.HostName}:{webhook.Name}:gap:{why}:{now}"))
        {
            Time = now,
            Host = _options.HostName,
            Service = Delivery.WebhooksQuestion.Service,
            Pid = Environment.ProcessId,
        };
    }

    public void Rest()
    {
        lock (_gate)
        {
            if (_lastPrune != 0 && _clock.GetElapsedTime(_lastPrune) < s_pruneInterval)
                return;
            _lastPrune = _clock.GetTimestamp();
            foreach (Webhook webhook in _options.Webhooks)
            {
                while (Expire(webhook) == AtOnce)
                {
                }
            }
            Mend(sql =>
            {
                long oldest = Now - (long)_options.KeepTime.TotalMicroseconds;
                while (sql.Prune.Run(oldest, (long)_options.QueueLimit, (long)AtOnce) > 0)
                {
                }
            });
            SqliteFile.Shrink(_connection!);
            if (_states.Values.Any(static state => state.Lost > 0))
                Take([], _position, 0);
        }
    }

    private int Expire(Webhook webhook)
    {
        List<Waiting> old = [];
        Mend(sql => Expire(sql, webhook, old));
        if (old.Count > 0)
            _log.GivenUp(webhook.Name, old[0].EventId, string.Create(CultureInfo.InvariantCulture, $"not delivered within {webhook.Rule.Expire.TotalHours} hours ({old.Count} events)"));
        return old.Count;
    }

    private void Expire(Statements sql, Webhook webhook, List<Waiting> old)
    {
        using (DbDataReader rows = sql.Old.Read(webhook.Name, Now - (long)webhook.Rule.Expire.TotalMicroseconds, _states[webhook.Name].InHand, (long)AtOnce))
        {
            while (rows.Read())
                old.Add(new Waiting(rows.GetInt64(0), webhook.Name, rows.GetString(1), rows.GetString(2), "", 0));
        }
        foreach (Waiting one in old)
            End(sql, one, "failed", 0, "it was not delivered in time");
    }

    /// <summary>The event whose turn it is; it is in hand then, until its outcome is told.</summary>
    /// <returns>null: there is none, now.</returns>
    internal Waiting? Next(string webhook)
    {
        lock (_gate)
        {
            if (_statements is null || _states.GetValueOrDefault(webhook) is not { IsStopped: false } state)
                return null;
            Waiting? next = Guard(() =>
            {
                using DbDataReader row = _statements.Next.Read(webhook, Now);
                return row.Read() ? new Waiting(row.GetInt64(0), webhook, row.GetString(1), row.GetString(2), row.GetString(3), (int)row.GetInt64(4)) : null;
            });
            state.InHand = next?.Number ?? 0;
            return next;
        }
    }

    /// <summary>Nothing came of it, for a reason of this program.</summary>
    internal void LetGo(string webhook)
    {
        lock (_gate)
            _states[webhook].InHand = 0;
    }

    /// <summary>It was taken.</summary>
    internal void Delivered(Waiting delivery) => Finish(delivery, sql =>
    {
        End(sql, delivery, "delivered", 1, null);
        sql.CountSent.Run(delivery.Webhook, 1L, 0L);
    });

    /// <summary>It is not tried again.</summary>
    internal void GiveUp(Waiting delivery, string why) => Finish(delivery, sql =>
    {
        End(sql, delivery, "failed", 1, why);
        sql.CountSent.Run(delivery.Webhook, 0L, 1L);
    });

    /// <summary>It is tried again.</summary>
    /// <param name="isUnreached">There was nobody who answered.</param>
    internal void Failed(Waiting delivery, string why, TimeSpan after, bool isUnreached) => Finish(delivery, sql =>
    {
        long now = Now;
        sql.Fail.Run(delivery.Number, now + (long)after.TotalMicroseconds, now, why, isUnreached ? 1L : 0L);
        sql.CountSent.Run(delivery.Webhook, 0L, 1L);
        Overtaken(sql, delivery, now);
    });

    /// <summary>Nothing more is sent, until an operator wants it.</summary>
    internal void Stop(Waiting delivery, string why) => Finish(delivery, sql =>
    {
        long now = Now;
        sql.Fail.Run(delivery.Number, now, now, why, 0L);
        sql.CountSent.Run(delivery.Webhook, 0L, 1L);
        sql.SaveStopped.Run(delivery.Webhook, 1L);
        _states[delivery.Webhook].IsStopped = true;
    });

    // What came while it was under way did not take its place then.
    private void Overtaken(Statements sql, Waiting delivery, long now)
    {
        List<MailEvent> newer = [];
        using (DbDataReader rows = sql.Newer.Read(delivery.Webhook, delivery.Message, delivery.Number))
        {
            while (rows.Read())
            {
                if (MailEvent.Parse(Encoding.UTF8.GetBytes(rows.GetString(0))) is { } told)
                    newer.Add(told);
            }
        }
        MailEvent? own = MailEvent.Parse(Encoding.UTF8.GetBytes(delivery.Body));
        if (own is null || newer.Find(told => Supersession.Of(told.Kind).Contains(own.Kind) && (Supersession.RecipientOf(told) is not { } recipient || recipient == own.Recipient)) is not { } by)
            return;
        End(sql, delivery, "superseded", 0, Text($"superseded by {by.Id}"));
    }

    private void Finish(Waiting delivery, Action<Statements> work)
    {
        lock (_gate)
        {
            _states[delivery.Webhook].InHand = 0;
            Mend(work);
        }
    }

    private void End(Statements sql, Waiting delivery, string state, long attempts, string? trouble)
    {
        long now = Now;
        // What was given up may be wanted again.
        if (sql.End.Run(delivery.Number, state, attempts, now, trouble, state == "failed" ? 1L : 0L) == 0)
            return;
        _states[delivery.Webhook].Waits--;
        sql.Promote.Run(delivery.Webhook, delivery.Message, now);
    }

    /// <summary>What found nobody is tried now.</summary>
    internal void RetryUnreached(string webhook)
    {
        lock (_gate)
            Mend(sql => sql.RetryUnreached.Run(webhook, Now));
    }

    /// <summary>An operator wants no more of these: numbers, all of a webhook, or ALL.</summary>
    /// <returns>How many there were.</returns>
    internal int Cancel(string which)
    {
        lock (_gate)
        {
            int count = 0;
            Mend(sql =>
            {
                foreach (Waiting one in Chosen(sql, which, "waiting"))
                {
                    End(sql, one, "canceled", 0, "by an operator");
                    count++;
                }
            });
            return count;
        }
    }

    /// <summary>An operator wants these tried now: a number, all of a webhook, or ALL; those that were given up as well, and webhooks that were stopped.</summary>
    /// <returns>How many there were.</returns>
    internal int Retry(string which)
    {
        lock (_gate)
        {
            int count = 0;
            Mend(sql =>
            {
                long now = Now;
                foreach (Waiting one in Chosen(sql, which, "failed"))
                {
                    // Behind what came after it: it is no longer in its order.
                    count += sql.Revive.Run(one.Number, now);
                    _states[one.Webhook].Waits++;
                    sql.Promote.Run(one.Webhook, one.Message, now);
                }
                foreach (Waiting one in Chosen(sql, which, "waiting"))
                {
                    if (sql.RetryNow.Run(one.Number, now) > 0)
                        count++;
                }
                foreach ((string name, State state) in _states)
                {
                    if (which != "ALL" && which != name)
                        continue;
                    sql.SaveStopped.Run(name, 0L);
                    state.IsStopped = false;
                }
            });
            return count;
        }
    }

    private List<Waiting> Chosen(Statements sql, string which, string state)
    {
        List<Waiting> chosen = [];
        bool isNumber = long.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        using DbDataReader rows = sql.Chosen.Read(state, isNumber ? number : null, isNumber || which == "ALL" ? null : which);
        while (rows.Read())
        {
            if (_states.ContainsKey(rows.GetString(1)))
                chosen.Add(new Waiting(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), "", 0));
        }
        return chosen;
    }

    /// <summary>How things are, as JSON: webhooks, and events that were not delivered.</summary>
    /// <param name="withFinished">Those that were delivered, superseded or canceled, too.</param>
    internal string Json(bool withFinished, EventLag lag)
    {
        lock (_gate)
        {
            if (_statements is not { } sql)
                throw new DatabaseException(DatabaseTrouble.Unavailable, "it is not ready yet");
            return Guard(() => DeliveryListing.Json(sql, _options.Webhooks, withFinished ? MostListed : -MostListed, lag));
        }
    }

    private void Mend(Action<Statements> work)
    {
        if (_statements is not { } sql)
            throw new DatabaseException(DatabaseTrouble.Unavailable, "it is not ready yet");
        try
        {
            Transact(sql, work);
        }
        catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.Damaged)
        {
            BeginAnew(e);
            throw;
        }
    }

    private void Transact(Statements sql, Action<Statements> work)
    {
        var before = _states.ToDictionary(static pair => pair.Key, static pair => (pair.Value.Lost, pair.Value.Waits, pair.Value.IsStopped));
        try
        {
            Guard(() =>
            {
                sql.Begin.Run();
                work(sql);
                sql.Commit.Run();
            });
        }
        catch (DatabaseException)
        {
            foreach ((string name, var state) in before)
            {
                if (_states.TryGetValue(name, out State? own))
                    (own.Lost, own.Waits, own.IsStopped) = state;
            }
            TryRollBack(sql);
            throw;
        }
    }

    private static void TryRollBack(Statements sql)
    {
        try
        {
            sql.Rollback.Run();
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            // With the connection it is gone, too.
        }
    }

    private static void Guard(Action work) => Guard(() =>
    {
        work();
        return true;
    });

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DbException e)
        {
            throw new DatabaseException(SqliteFile.TroubleOf(e), e.Message, e);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            Close();
    }
}
