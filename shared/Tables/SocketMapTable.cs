using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Tables;

/// <summary>socketmap_table(5): a server is asked "name key", and answers OK, NOTFOUND, TEMP, TIMEOUT or PERM, all of it as netstrings.</summary>
internal sealed class SocketMapTable(string name, TableServer server, string map) : Table
{
    private const int LongestReply = 100_000, LongestKey = 10_000;

    public override bool IsForWholeKeys => true;

    public override bool Waits => true;

    /// <param name="name">"unix:/path:map" or "inet:host:port:map".</param>
    /// <exception cref="TableException">It is neither.</exception>
    internal static SocketMapTable Open(string name)
    {
        int last = name.LastIndexOf(':');
        string place = last < 0 ? "" : name[..last], map = name[(last + 1)..];
        bool isUnix = place.StartsWith("unix:", StringComparison.Ordinal);
        if (map.Length == 0 || !(isUnix ? place.Length > 5 : place.StartsWith("inet:", StringComparison.Ordinal)))
            throw new TableException("\"socketmap:\" is not understood; accepted are \"socketmap:unix:/path:name\" and \"socketmap:inet:host:port:name\"");
        string shown = $"socketmap:{name}";
        return new SocketMapTable(shown, isUnix ? new TableServer(shown, place[5..], "", 0) : TableServer.OfHost(shown, place[5..]), map);
    }

    public override string? Find(string key)
    {
        byte[] question = ByteText.Encode($"{map} {key}");
        if (question.Length > LongestKey)
            return null;
        byte[] reply = server.Ask([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{question.Length}:")), .. question, (byte)','], Length);
        string text = ByteText.Decode(reply.AsSpan(reply.AsSpan().IndexOf((byte)':') + 1)[..^1]);
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        string word = blank < 0 ? text : text[..blank], rest = blank < 0 ? "" : text[(blank + 1)..];
        return word switch
        {
            "OK" => rest,
            "NOTFOUND" => null,
            "TEMP" or "TIMEOUT" or "PERM" => throw new LookupException($"{name} lookup error: the server says {word}{(rest.Length > 0 ? ": " : "")}{PrintableText.Of(rest)}"),
            _ => throw new LookupException($"{name} lookup error: the server's reply is not understood"),
        };
    }

    // "5:abcde,"
    private static int Length(ReadOnlySpan<byte> come)
    {
        int colon = come.IndexOf((byte)':');
        ReadOnlySpan<byte> digits = colon < 0 ? come : come[..colon];
        if (digits.Length > 6 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (colon >= 0 && digits.Length == 0))
            throw new FormatException("the server's reply is no netstring");
        if (colon < 0)
            return -1;
        int length = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture), end = colon + 1 + length;
        if (length > LongestReply)
            throw new FormatException($"the server's reply has more than {LongestReply} octets");
        if (come.Length <= end)
            return -1;
        return come[end] == ',' ? end + 1 : throw new FormatException("the server's reply is no netstring");
    }
}
