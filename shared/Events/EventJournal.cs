using System.Globalization;
using System.Text;
using System.Text.Json;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>Events in systemd's journal, with a field of the journal for each of theirs: "remote": { "port": 25 } is MAIL_REMOTE_PORT=25.</summary>
/// <remarks>The journal's own protocol (systemd, "Native Journal Protocol"): a datagram of lines NAME=value. It is never waited for, for longer than a tenth of a second: the record is the file.</remarks>
internal sealed class EventJournal(string path) : IDisposable
{
    private LineOutput? _socket;

    /// <summary>Sends one.</summary>
    /// <returns>False: the journal does not take it.</returns>
    internal bool TryWrite(MailEvent told, ReadOnlySpan<byte> line)
    {
        string entry = Entry(told, line);
        if (_socket is not null && _socket.TryWrite(entry))
            return true;
        // It may have been started anew.
        if (_socket is { IsBroken: false })
            return false;
        Dispose();
        _socket = LineOutput.ToSocket(path);
        return _socket is not null && _socket.TryWrite(entry);
    }

    private static string Entry(MailEvent told, ReadOnlySpan<byte> line)
    {
        StringBuilder entry = new();
        string message = string.Join(' ', ((string?[])[$"{told.QueueId}:", told.Kind.Word(), told.Recipient is null ? null : $"<{told.Recipient}>", told.Reply]).Where(static part => part is not (null or ":")));
        Field(entry, "MESSAGE", message);
        Field(entry, "PRIORITY", "6");
        Field(entry, "SYSLOG_FACILITY", "2");
        Field(entry, "SYSLOG_IDENTIFIER", $"postfix/{told.Service}");
        Utf8JsonReader json = new(line);
        List<string> names = ["MAIL"];
        string name = "";
        while (json.Read())
        {
            switch (json.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = json.GetString()!.ToUpperInvariant();
                    break;
                case JsonTokenType.StartObject when name.Length > 0:
                    names.Add(name);
                    break;
                case JsonTokenType.EndObject when names.Count > 1:
                    names.RemoveAt(names.Count - 1);
                    break;
                case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                    Field(entry, $"{string.Join('_', names)}_{name}", json.TokenType == JsonTokenType.String ? json.GetString()! : Encoding.UTF8.GetString(json.ValueSpan));
                    break;
            }
        }
        return entry.ToString();
    }

    // A line end would begin another field; like other octets that are not to be there it is \xNN.
    private static void Field(StringBuilder entry, string name, string value)
    {
        entry.Append(name).Append('=');
        foreach (char c in value)
        {
            if (char.IsControl(c))
                entry.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
            else
                entry.Append(c);
        }
        entry.Append('\n');
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
