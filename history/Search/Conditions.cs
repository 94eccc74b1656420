using System.Globalization;
using PostfixNet.Delivery;

namespace PostfixNet.History;

/// <summary>A question as a condition of SQL, and the values of its parameters.</summary>
internal sealed class Conditions
{
    private readonly List<string> _conditions = [];
    private readonly List<object> _values = [];

    /// <param name="question">What is asked for.</param>
    internal Conditions(HistoryQuestion question)
    {
        Add(question.QueueId, static p => $"m.queue_id = {p}");
        Add(ColumnText.MessageId(question.MessageId), static p => $"m.message_id = {p}");
        if (question.Sender is { } sender)
            Add(IsDomain(sender) ? Domain(sender) : ColumnText.Folded(sender), p => IsDomain(sender) ? $"m.sender_domain = {p}" : $"m.sender_folded = {p}");
        if (question.Recipient is { } recipient)
        {
            Add(IsDomain(recipient) ? Domain(recipient) : ColumnText.Folded(recipient), p => IsDomain(recipient) ? $"m.number IN (SELECT message FROM recipients WHERE domain = {p})"
                : $"m.number IN (SELECT message FROM recipients WHERE folded = {p} UNION SELECT message FROM recipients WHERE original_folded = {p})");
        }
        Add(question.Since, static p => $"m.arrived >= {p}");
        Add(question.Until, static p => $"m.arrived <= {p}");
        Add(question.State, static p => $"(m.state = {p} OR EXISTS (SELECT 1 FROM recipients r WHERE r.message = m.number AND r.state = {p}))");
        Add(question.Before, static p => $"m.number < {p}");
    }

    /// <summary>An order of a message's recipients: those that were asked for come first.</summary>
    /// <param name="question">What is asked for.</param>
    /// <param name="values">Values of the parameters from the second on.</param>
    internal static string RecipientOrder(HistoryQuestion question, out string[] values)
    {
        List<string> terms = [], given = [];
        void First(string column, string? value)
        {
            if (value is null)
                return;
            given.Add(value);
            terms.Add(string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {column} = @p{given.Count} THEN 0 ELSE 1 END"));
        }
        First("state", question.State);
        if (question.Recipient is { } recipient)
            First(IsDomain(recipient) ? "domain" : "folded", IsDomain(recipient) ? Domain(recipient) : ColumnText.Folded(recipient));
        values = [.. given];
        return string.Join(", ", [.. terms, "address"]);
    }

    /// <summary>For behind WHERE.</summary>
    internal string Sql => _conditions.Count == 0 ? "1 = 1" : string.Join(" AND ", _conditions);

    internal object[] Values => [.. _values];

    /// <summary>As a statement has them.</summary>
    internal string Types => string.Concat(_values.Select(static value => value is long ? 'n' : 't'));

    private void Add(object? value, Func<string, string> condition)
    {
        if (value is not null)
            _conditions.Add(condition(Next(value)));
    }

    private string Next(object value)
    {
        _values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"@p{_values.Count - 1}");
    }

    private static bool IsDomain(string text) => text.Length > 0 && text.LastIndexOf('@') <= 0;

    private static string? Domain(string text) => ColumnText.Folded(text.TrimStart('@'));
}
