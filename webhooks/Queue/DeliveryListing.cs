using System.Buffers;
using System.Data.Common;
using System.Text;
using System.Text.Json;
using PostfixNet.Events;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>What "master webhooks list" shows. Nothing of URLs but the host: a path may be a secret.</summary>
internal static class DeliveryListing
{
    /// <param name="most">Events at most, the newest; negative: of those that were not delivered.</param>
    internal static string Json(Statements sql, IReadOnlyList<Webhook> webhooks, int most, EventLag lag)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("behind_bytes", lag.Bytes);
            json.WriteNumber("behind_seconds", lag.Seconds);
            json.WriteStartArray("webhooks");
            using (DbDataReader rows = sql.Webhooks.Read())
            {
                while (rows.Read())
                {
                    if (webhooks.FirstOrDefault(webhook => webhook.Name == rows.GetString(0)) is { } webhook)
                        Webhook(json, sql, webhook, rows);
                }
            }
            json.WriteEndArray();
            json.WriteStartArray("events");
            using (DbDataReader rows = sql.List.Read(most > 0 ? 1L : 0L, (long)Math.Abs(most)))
            {
                while (rows.Read())
                    Event(json, rows);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Webhook(Utf8JsonWriter json, Statements sql, Webhook webhook, DbDataReader row)
    {
        json.WriteStartObject();
        json.WriteString("name", webhook.Name);
        json.WriteString("host", webhook.Rule.Url.IdnHost);
        json.WriteBoolean("stopped", row.GetInt64(3) != 0);
        using (DbDataReader counts = sql.Counts.Read(webhook.Name))
        {
            _ = counts.Read();
            json.WriteNumber("waiting", counts.GetInt64(0));
            json.WriteNumber("retried", counts.Number(2) ?? 0);
            if (counts.Number(1) is { } oldest)
                json.WriteNumber("oldest", oldest / 1_000_000);
        }
        json.WriteNumber("not_kept", row.GetInt64(4));
        json.WriteNumber("delivered", row.GetInt64(5));
        json.WriteNumber("failed_attempts", row.GetInt64(6));
        json.WriteEndObject();
    }

    private static void Event(Utf8JsonWriter json, DbDataReader row)
    {
        json.WriteStartObject();
        json.WriteNumber("number", row.GetInt64(0));
        json.WriteString("webhook", row.GetString(1));
        json.WriteString("id", row.GetString(2));
        json.WriteString("message", row.GetString(3));
        if (row.Text(4) is { } recipient)
            json.WriteString("recipient", recipient);
        json.WriteString("event", row.GetString(5));
        json.WriteString("state", row.GetString(6));
        json.WriteNumber("attempts", row.GetInt64(7));
        if (row.Number(8) is { } next)
            json.WriteNumber("next", next / 1_000_000);
        json.WriteNumber("queued", row.GetInt64(9) / 1_000_000);
        json.WriteNumber("changed", row.GetInt64(10) / 1_000_000);
        if (row.Text(11) is { } trouble)
            json.WriteString("trouble", trouble);
        json.WriteEndObject();
    }
}
