using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Suppression;

namespace PostfixNet.Master;

/// <summary>The suppression list as a table for other programs: comma-separated values (RFC 4180). Read are also the lists that mail services hand out, by the names of their columns, and
/// plain lists of addresses, a line each.</summary>
/// <param name="input">The table.</param>
/// <param name="now">For entries that do not say since when; seconds since 1970.</param>
internal sealed class SuppressionTable(Stream input, long now)
{
    private const int LongestRecord = 1 << 16;
    private static readonly string[] s_names = ["address", "sender", "reason", "since", "until", "by"];

    // What services call these columns.
    private static readonly Dictionary<string, string> s_otherNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["email"] = "address",
        ["recipient"] = "address",
        ["emailaddress"] = "address",
        ["email address"] = "address",
        ["email_address"] = "address",
        ["error"] = "reason",
        ["suppressionreason"] = "reason",
        ["suppression_reason"] = "reason",
        ["description"] = "reason",
        ["bounce_reason"] = "reason",
        ["details"] = "reason",
        ["created"] = "since",
        ["created_at"] = "since",
        ["createdat"] = "since",
        ["date"] = "since",
        ["lastupdatetime"] = "since",
        ["timestamp"] = "since",
        ["expires"] = "until",
        ["expires_at"] = "until",
    };

    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at, _end;
    private string[]? _columns;
    private int _nextLine = 1;

    /// <summary>The line on which the record that was read last begins.</summary>
    internal int Line { get; private set; }

    /// <summary>The list, a line each, with the names of the columns first.</summary>
    internal static IEnumerable<string> Lines(IEnumerable<SuppressionEntry> entries)
    {
        yield return string.Join(',', s_names) + "\n";
        foreach (SuppressionEntry entry in entries)
            yield return string.Join(',', ((string[])[Address.ToExternal(entry.Address), Address.ToExternal(entry.Sender), entry.Reason, Date(entry.Since), entry.Until > 0 ? Date(entry.Until) : "", entry.By]).Select(Quoted)) + "\n";
    }

    private static string Date(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Quoted(string field) => field.AsSpan().IndexOfAny(",\"\r\n") >= 0 || field.StartsWith(' ') || field.EndsWith(' ')
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    /// <summary>Reads one record.</summary>
    /// <param name="entry">null: a line that says nothing.</param>
    /// <returns>False: there are no more.</returns>
    /// <exception cref="FormatException">It is no entry; the next may be one.</exception>
    internal bool TryRead(out SuppressionEntry? entry)
    {
        entry = null;
        if (Record() is not { } fields)
            return false;
        if (fields.All(static field => field.Length == 0) || fields[0].StartsWith('#'))
            return true;
        if (_columns is null)
        {
            string[] names = [.. fields.Select(static field => s_otherNames.GetValueOrDefault(field, field.ToLowerInvariant()))];
            bool isHead = names.Contains("address");
            _columns = isHead ? names : ["address", "reason"];
            if (isHead)
                return true;
        }
        string Of(string name) => Array.IndexOf(_columns, name) is >= 0 and int at && at < fields.Count ? fields[at] : "";
        string by = Of("by");
        entry = SuppressionEntry.Of(Address.FromExternal(Address.StripBrackets(Of("address"))), Address.FromExternal(Of("sender")), Of("reason"), TimeOf(Of("since")) ?? now, TimeOf(Of("until")) ?? 0,
            by.Length > 0 ? by : SuppressedBy.Operator);
        return true;
    }

    private static long? TimeOf(string text)
    {
        if (text.Length == 0)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
            return seconds;
        string plain = text.EndsWith(" UTC", StringComparison.OrdinalIgnoreCase) ? text[..^4] : text;
        return DateTimeOffset.TryParse(plain, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeSeconds() : throw new FormatException($"\"{PrintableText.Of(text)}\" is no date, as 2026-01-31T12:00:00Z");
    }

    // null: the end.
    private List<string>? Record()
    {
        Line = _nextLine;
        List<string> fields = [];
        List<byte> field = [];
        bool isQuoted = false, isTooLong = false, hasAny = false;
        int length = 0;
        while (true)
        {
            int octet = Take();
            if (octet == '\n')
                _nextLine++;
            if (octet < 0 || (octet == '\n' && !isQuoted))
            {
                if (octet < 0 && !hasAny)
                    return null;
                fields.Add(TextOf(field));
                return isTooLong ? throw new FormatException($"a line of more than {LongestRecord} octets") : fields;
            }
            hasAny = true;
            if (++length > LongestRecord)
            {
                // To the end of its line, whatever is quoted.
                (isTooLong, isQuoted) = (true, false);
                continue;
            }
            if (octet == '"')
            {
                if (isQuoted && Peek() == '"')
                    field.Add((byte)Take());
                else if (isQuoted || TextOf(field).Length == 0)
                    isQuoted = !isQuoted;
                else
                    field.Add((byte)octet);
            }
            else if (octet is ',' or ';' && !isQuoted)
            {
                fields.Add(TextOf(field));
                field.Clear();
            }
            else
            {
                field.Add((byte)octet);
            }
        }
    }

    private int Take() => Peek() is >= 0 and int octet && ++_at > 0 ? octet : -1;

    // -1: the end.
    private int Peek()
    {
        if (_at == _end)
            (_at, _end) = (0, input.Read(_buffer));
        return _at < _end ? _buffer[_at] : -1;
    }

    private static string TextOf(List<byte> octets) => ByteText.Decode([.. octets]).Trim(' ', '\t', '\r', '\uFEFF');
}
