using System.Data;
using System.Data.Common;
using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>Finds messages. Each question has a connection of its own, and bounds of time and memory; it keeps nobody from writing.</summary>
/// <param name="database">Where they are.</param>
/// <param name="limit">Time for a question.</param>
internal sealed class HistorySearch(IDatabase database, TimeSpan limit)
{
    // Of a list a few recipients are told, of one message that is asked for many; and all of it has an end.
    private const int FewRecipients = 10, ManyRecipients = 1000, MostSteps = 10_000, MostText = 16 * 1024 * 1024;

    /// <summary>Answers.</summary>
    /// <exception cref="DatabaseException">The database cannot be asked, or not within the limit.</exception>
    internal Answer Ask(HistoryQuestion question) => Ask(connection => Find(connection, question));

    /// <summary>How many messages there are, and the bytes that they take.</summary>
    /// <exception cref="DatabaseException">As of <see cref="Ask(HistoryQuestion)"/>.</exception>
    internal (long Messages, long Bytes) Count() => Ask(connection =>
    {
        using Statement count = new(connection, "SELECT COUNT(*) FROM messages");
        return (Convert.ToInt64(count.Value(), CultureInfo.InvariantCulture), database.UsedBytes(connection));
    });

    private T Ask<T>(Func<DbConnection, T> ask)
    {
        DbConnection? connection = null;
        try
        {
            connection = database.Connect(toWrite: false, limit);
            // Gone before the connection is.
            using Timer timer = new(_ => database.Interrupt(connection), null, limit, Timeout.InfiniteTimeSpan);
            return ask(connection);
        }
        catch (DbException e)
        {
            throw new DatabaseException(database.TroubleOf(e), e.Message, e);
        }
        // One that broke is closed.
        catch (InvalidOperationException e) when (connection is not { State: ConnectionState.Open })
        {
            throw new DatabaseException(DatabaseTrouble.Unavailable, e.Message, e);
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private static Answer Find(DbConnection connection, HistoryQuestion question)
    {
        bool isWhole = question.QueueId is not null;
        List<FoundMessage> found = Messages(connection, question);
        AnswerForm form = question.IsJson ? new JsonForm() : new TextForm(isWhole);
        using Statement recipients = new(connection, string.Create(CultureInfo.InvariantCulture,
            $"SELECT {FoundRecipient.Columns} FROM recipients WHERE message = @p0 ORDER BY {Conditions.RecipientOrder(question, out string[] wanted)} LIMIT {(isWhole ? ManyRecipients : FewRecipients)}"),
            "n".PadRight(1 + wanted.Length, 't'));
        using Statement steps = new(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT event FROM steps WHERE message = @p0 ORDER BY time, id LIMIT {MostSteps}"), "n");
        long last = 0;
        foreach (FoundMessage message in found.Take(question.Limit))
        {
            if (form.Length > MostText)
                return new Answer(form.Pieces, new HistoryEnd(last));
            form.Add(message with { Recipients = Rows(recipients, FoundRecipient.From, [message.Number, .. wanted]) });
            last = message.Number;
            if (!isWhole)
                continue;
            using DbDataReader row = steps.Read(message.Number);
            while (row.Read() && form.Length <= MostText)
                form.AddStep(row.GetString(0));
        }
        return new Answer(form.Pieces, new HistoryEnd(found.Count > question.Limit ? last : null));
    }

    private static List<FoundMessage> Messages(DbConnection connection, HistoryQuestion question)
    {
        Conditions conditions = new(question);
        using Statement statement = new(connection, string.Create(CultureInfo.InvariantCulture,
            $"SELECT {FoundMessage.Columns} FROM messages m WHERE {conditions.Sql} ORDER BY m.number DESC LIMIT {question.Limit + 1}"), conditions.Types);
        using DbDataReader row = statement.Read(conditions.Values);
        List<FoundMessage> found = [];
        while (row.Read())
            found.Add(FoundMessage.From(row));
        return found;
    }

    private static List<T> Rows<T>(Statement statement, Func<DbDataReader, T> from, params ReadOnlySpan<object?> values)
    {
        using DbDataReader row = statement.Read(values);
        List<T> rows = [];
        while (row.Read())
            rows.Add(from(row));
        return rows;
    }
}
