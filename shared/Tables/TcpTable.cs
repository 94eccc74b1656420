using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Tables;

/// <summary>tcp_table(5): a server is asked "get key", and answers 200 and the value, 500 (there is none) or 400 (it cannot say).</summary>
internal sealed class TcpTable(string name, TableServer server) : Table
{
    private const int LongestReply = 4096;

    public override bool IsForWholeKeys => true;

    public override bool Waits => true;

    /// <param name="name">"host:port".</param>
    /// <exception cref="TableException">It is none.</exception>
    internal static TcpTable Open(string name) => new($"tcp:{name}", TableServer.OfHost($"tcp:{name}", name));

    public override string? Find(string key)
    {
        StringBuilder question = new("get ");
        foreach (byte b in ByteText.Encode(key))
        {
            if (b is > 0x20 and < 0x7f and not (byte)'%')
                question.Append((char)b);
            else
                question.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        byte[] reply = server.Ask(Encoding.ASCII.GetBytes(question.Append('\n').ToString()), Length);
        ReadOnlySpan<byte> line = reply.AsSpan(..^1);
        if (line.Length < 4 || line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[3] is not ((byte)' ' or (byte)'\t') || Unquoted(line[4..]) is not { } text)
            throw new LookupException($"{name} lookup error: the server's reply is not understood");
        return line[0] switch
        {
            (byte)'2' => text,
            (byte)'5' => null,
            _ => throw new LookupException($"{name} lookup error: the server says {PrintableText.Of(text)}"),
        };
    }

    private static int Length(ReadOnlySpan<byte> come)
    {
        int end = come.IndexOf((byte)'\n');
        return end >= LongestReply || (end < 0 && come.Length >= LongestReply) ? throw new FormatException($"the server's reply has more than {LongestReply} octets") : end < 0 ? -1 : end + 1;
    }

    // null: a "%" without two digits behind it.
    private static string? Unquoted(ReadOnlySpan<byte> text)
    {
        List<byte> octets = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                octets.Add(text[i]);
                continue;
            }
            if (i + 2 >= text.Length || !byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                return null;
            octets.Add(value);
            i += 2;
        }
        return ByteText.Decode([.. octets]);
    }
}
