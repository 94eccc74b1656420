using System.Data.Common;
using System.Globalization;
using PostfixNet.Events;
using PostfixNet.Queue;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>Writes the history: events become rows about messages, recipients and steps, in one transaction with the place up to which events were read. So each counts
/// once, whatever is killed when.</summary>
/// <remarks>Whatever the database does wrong is a <see cref="DatabaseException"/>; nothing of that transaction is there then.</remarks>
internal sealed class HistoryStore : IDisposable
{
    private const string PositionFact = "position", NextFact = "next", MissedFact = "missed";
    private const string MessageColumns = "queue_id, message_id, sender, size, client, origin, envelope_id, notice_for, arrived, changed, finished, recipients, seen, ended, failed, deferred, held, fate, bytes";
    private const string RecipientColumns = "original, state, attempts, changed, transport, nexthop, dsn, reply, remote, next_attempt";

    // What rows and their places in indexes take besides the text of an event.
    private const int RowBytes = 600;

    private readonly IDatabase _database;
    private readonly DbConnection _connection;
    private readonly Statement _findMessage, _findRecipient, _saveMessage, _saveRecipient, _saveStep, _saveFact, _old, _oldest, _count;
    private readonly Statement[] _removals;

    // Of the transaction in hand.
    private readonly Dictionary<string, MessageRecord> _messages = new(StringComparer.Ordinal);
    private readonly HashSet<MessageRecord> _changed = [];
    private readonly Dictionary<(long, string), RecipientRecord> _recipients = [];
    private long _next, _missed;

    /// <param name="versions"><see cref="Schema.Versions"/>.</param>
    internal HistoryStore(IDatabase database, IReadOnlyList<string> versions)
    {
        _database = database;
        _connection = Guard(() => database.Connect(toWrite: true));
        try
        {
            Guard(() => Schema.Prepare(database, _connection, versions));
            _findMessage = Prepare($"SELECT number, {MessageColumns} FROM messages WHERE queue_id = @p0 ORDER BY number DESC LIMIT 1", "t");
            _findRecipient = Prepare($"SELECT {RecipientColumns} FROM recipients WHERE message = @p0 AND address = @p1", "nt");
            _saveMessage = Prepare($"INSERT INTO messages (number, {MessageColumns}, state, sender_folded, sender_domain) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14, "
                + "@p15, @p16, @p17, @p18, @p19, @p20, @p21, @p22) ON CONFLICT (number) DO UPDATE SET "
                + Updates(MessageColumns + ", state, sender_folded, sender_domain"), "ntttnttttnnnnnnnnntnttt");
            _saveRecipient = Prepare($"INSERT INTO recipients (message, address, {RecipientColumns}, folded, domain, original_folded) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14) "
                + $"ON CONFLICT (message, address) DO UPDATE SET {Updates(RecipientColumns + ", original_folded")}", "ntttnntttttnttt");
            _saveStep = Prepare("INSERT INTO steps (message, id, time, event) VALUES (@p0, @p1, @p2, @p3) ON CONFLICT DO NOTHING", "ntnt");
            _saveFact = Prepare("INSERT INTO facts (name, value) VALUES (@p0, @p1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", "tt");
            _old = Prepare("SELECT number FROM messages WHERE changed < @p0 ORDER BY changed LIMIT @p1", "nn");
            _oldest = Prepare("SELECT number FROM messages ORDER BY changed LIMIT @p0", "n");
            _count = Prepare("SELECT COUNT(*) FROM messages");
            _removals = [.. ((string[])["steps", "recipients"]).Select(table => Prepare($"DELETE FROM {table} WHERE message = @p0", "n")), Prepare("DELETE FROM messages WHERE number = @p0", "n")];
            (Position, _next, _missed) = Guard(() => (EventPosition.TryParse(Fact(PositionFact), out EventPosition position) ? position : default, Number(NextFact, 1), Number(MissedFact, 0)));
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Up to which events are in.</summary>
    internal EventPosition Position { get; private set; }

    /// <summary>Events that were not recorded, and files of events that were gone before they were read.</summary>
    internal long Missed => _missed;

    private Statement Prepare(string sql, string types = "")
    {
        try
        {
            return new Statement(_connection, sql, types);
        }
        catch (DbException e)
        {
            throw Trouble(e);
        }
    }

    private static string Updates(string columns) => string.Join(", ", columns.Split(", ").Select(static column => $"{column} = excluded.{column}"));

    /// <summary>Takes events in; those that are there already change nothing.</summary>
    /// <param name="events">In their order; may be empty.</param>
    /// <param name="after">Kept with them.</param>
    /// <param name="missedFiles">Of events, since the last call.</param>
    internal void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missedFiles) => Transact(() =>
    {
        (long next, long missed) = (_next, _missed + missedFiles);
        try
        {
            foreach (MailEvent told in events)
            {
                if (told.Kind == EventKind.Gap)
                    missed += told.Count ?? 1;
                foreach (string queueId in MessagesOf(told))
                    Take(told, queueId);
            }
            foreach (MessageRecord message in _changed)
                Save(message);
            foreach (RecipientRecord recipient in _recipients.Values)
                Save(recipient);
            Keep(PositionFact, after.ToString());
            Keep(NextFact, _next.ToString(CultureInfo.InvariantCulture));
            if (missed != _missed)
                Keep(MissedFact, missed.ToString(CultureInfo.InvariantCulture));
        }
        catch
        {
            _next = next;
            throw;
        }
        finally
        {
            _messages.Clear();
            _changed.Clear();
            _recipients.Clear();
        }
        return () => (Position, _missed) = (after, missed);
    });

    // A notice is a step of the message that it is about, and of its own.
    private static IEnumerable<string> MessagesOf(MailEvent told)
    {
        if (told.QueueId is { } id && QueueId.TryParse(id, out _))
            yield return id;
        if (told.NoticeFor is { } original && original != told.QueueId && QueueId.TryParse(original, out _))
            yield return original;
    }

    private void Take(MailEvent told, string queueId)
    {
        MessageRecord message = MessageOf(told, queueId);
        string line = System.Text.Encoding.UTF8.GetString(told.ToLine()).TrimEnd('\n');
        if (_saveStep.Run(message.Number, ColumnText.Of(told.Id), told.Time, line) == 0)
            return;
        message.Bytes += line.Length + RowBytes;
        _changed.Add(message);
        if (queueId != told.QueueId)
        {
            message.Note(told);
            return;
        }
        message.NoticeFor ??= ColumnText.Of(told.NoticeFor);
        // A report names a recipient of the message that it is about, not one of its own.
        message.Take(told, told.Kind is EventKind.Report or EventKind.Complaint ? null : RecipientOf(message, told.Recipient), told.Kind == EventKind.Redirected && told.Recipient is not null ? RecipientOf(message, told.OriginalRecipient) : null);
    }

    private MessageRecord MessageOf(MailEvent told, string queueId)
    {
        if (!_messages.TryGetValue(queueId, out MessageRecord? message))
            message = Find(queueId);
        if (message is null || (queueId == told.QueueId && message.IsAnother(told)))
            message = new MessageRecord(_next++, queueId);
        return _messages[queueId] = message;
    }

    private MessageRecord? Find(string queueId)
    {
        using DbDataReader row = _findMessage.Read(queueId);
        return !row.Read() ? null : new MessageRecord(row.GetInt64(0), row.GetString(1))
        {
            MessageId = row.Text(2),
            Sender = row.Text(3),
            Size = row.Number(4),
            Client = row.Text(5),
            Origin = row.Text(6),
            EnvelopeId = row.Text(7),
            NoticeFor = row.Text(8),
            Arrived = row.GetInt64(9),
            Changed = row.GetInt64(10),
            Finished = row.Number(11),
            Recipients = row.GetInt64(12),
            Seen = row.GetInt64(13),
            Ended = row.GetInt64(14),
            FailedRecipients = row.GetInt64(15),
            DeferredRecipients = row.GetInt64(16),
            IsHeld = row.GetInt64(17) != 0,
            Fate = row.Text(18),
            Bytes = row.GetInt64(19),
        };
    }

    private RecipientRecord? RecipientOf(MessageRecord message, string? address)
    {
        if (ColumnText.Of(address) is not { } named)
            return null;
        if (_recipients.TryGetValue((message.Number, named), out RecipientRecord? recipient))
            return recipient;
        recipient = new RecipientRecord(message.Number, named);
        using (DbDataReader row = _findRecipient.Read(message.Number, named))
        {
            if (row.Read())
            {
                (recipient.Original, recipient.State, recipient.Attempts, recipient.Changed, recipient.Transport) = (row.Text(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.Text(4));
                (recipient.NextHop, recipient.Dsn, recipient.Reply, recipient.Remote, recipient.NextAttempt) = (row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.Number(9));
            }
            else
            {
                message.Seen++;
            }
        }
        return _recipients[(message.Number, named)] = recipient;
    }

    private void Save(MessageRecord message) => _saveMessage.Run(message.Number, message.QueueId, message.MessageId, message.Sender, message.Size, message.Client, message.Origin, message.EnvelopeId,
        message.NoticeFor, message.Arrived, message.Changed, message.Finished, message.Recipients, message.Seen, message.Ended, message.FailedRecipients, message.DeferredRecipients, message.IsHeld ? 1L : 0L,
        message.Fate, message.Bytes, message.State, ColumnText.Folded(message.Sender), ColumnText.DomainOf(message.Sender));

    private void Save(RecipientRecord recipient) => _saveRecipient.Run(recipient.Message, recipient.Address, recipient.Original, recipient.State, recipient.Attempts, recipient.Changed, recipient.Transport,
        recipient.NextHop, recipient.Dsn, recipient.Reply, recipient.Remote, recipient.NextAttempt, ColumnText.Folded(recipient.Address), ColumnText.DomainOf(recipient.Address), ColumnText.Folded(recipient.Original));

    private string? Fact(string name)
    {
        using Statement read = new(_connection, "SELECT value FROM facts WHERE name = @p0", "t");
        return read.Value(name) as string;
    }

    private long Number(string name, long otherwise) => long.TryParse(Fact(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : otherwise;

    private void Keep(string name, string value) => _saveFact.Run(name, value);

    /// <summary>Removes messages of which nothing was heard since a time.</summary>
    /// <param name="time">Microseconds since 1970.</param>
    /// <param name="most">So many at most.</param>
    /// <returns>How many.</returns>
    internal int RemoveBefore(long time, int most) => Remove(() => _old.Read(time, (long)most));

    /// <summary>Removes those of which nothing was heard for the longest.</summary>
    /// <inheritdoc cref="RemoveBefore"/>
    internal int RemoveOldest(int most) => Remove(() => _oldest.Read((long)most));

    private int Remove(Func<DbDataReader> which)
    {
        List<long> numbers = [];
        Transact(() =>
        {
            using (DbDataReader rows = which())
            {
                while (rows.Read())
                    numbers.Add(rows.GetInt64(0));
            }
            foreach (long number in numbers)
            {
                foreach (Statement removal in _removals)
                    removal.Run(number);
            }
            return static () => { };
        });
        return numbers.Count;
    }

    /// <summary>Bytes in use.</summary>
    internal long UsedBytes() => Guard(() => _database.UsedBytes(_connection));

    /// <summary>Messages that there are.</summary>
    internal long Count() => Guard(() => Convert.ToInt64(_count.Value(), CultureInfo.InvariantCulture));

    /// <summary>Gives room back.</summary>
    internal void Shrink() => Guard(() => _database.Shrink(_connection));

    // What is to hold once all of it is kept, the work itself returns.
    private void Transact(Func<Action> work) => Guard(() =>
    {
        Execute("BEGIN");
        Action settle;
        try
        {
            settle = work();
            Execute("COMMIT");
        }
        catch (DbException)
        {
            TryRollBack();
            throw;
        }
        settle();
    });

    private void TryRollBack()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            // With the connection it is gone, too.
        }
    }

    private void Execute(string sql)
    {
        using DbCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        _ = command.ExecuteNonQuery();
    }

    private void Guard(Action work) => Guard(() =>
    {
        work();
        return true;
    });

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DbException e)
        {
            throw Trouble(e);
        }
        // A connection that broke is closed.
        catch (InvalidOperationException e) when (_connection is not { State: System.Data.ConnectionState.Open })
        {
            throw new DatabaseException(DatabaseTrouble.Unavailable, e.Message, e);
        }
    }

    private DatabaseException Trouble(DbException e) => new(_database.TroubleOf(e), e.Message, e);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
