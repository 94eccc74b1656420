using System.Text;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>postqueue cat --json: a message as one JSON object. Octets that are no UTF-8 become U+FFFD there.</summary>
/// <remarks>Memory: the headers, and a piece of the body.</remarks>
internal static class JsonMessage
{
    private const int HeaderLimit = 8 << 20;

    /// <param name="write">Takes a piece.</param>
    /// <exception cref="QueueFileException">The file is damaged.</exception>
    internal static void Show(QueueName queue, QueueId id, QueueFile file, MessageParts parts, Action<byte[]> write)
    {
        Text($"{{\"queue_id\": {JsonText.Quote(id.ToString())}, \"queue_name\": {JsonText.Quote(QueueDirectories.NameOf(queue))}");
        if (parts.Envelope)
            Text($", \"envelope\": [{string.Join(", ", CatCommand.EnvelopeOf(queue, id, file).Skip(2).Select(static fact => Pair(fact.Name, fact.Value)))}]");
        if (parts.Headers)
            Text($", \"headers\": [{string.Join(", ", HeadersOf(file, parts).Select(static header => Pair(header.Name, header.Value)))}]");
        if (parts.Body)
        {
            Text(", \"body\": \"");
            Decoder decoder = Encoding.UTF8.GetDecoder();
            MessageOutput body = new(octets => Inner(decoder, octets, isLast: false), isTerminal: false);
            CatCommand.ShowMessage(file, parts with { Envelope = false, Headers = false }, body);
            body.Flush();
            Inner(decoder, [], isLast: true);
            Text("\"");
        }
        Text("}\n");

        void Text(string text) => write(Encoding.UTF8.GetBytes(text));

        void Inner(Decoder decoder, byte[] octets, bool isLast)
        {
            char[] text = new char[octets.Length + 4];
            int length = decoder.GetChars(octets, text, isLast);
            Text(JsonText.Quote(new string(text, 0, length))[1..^1]);
        }
    }

    private static List<(string Name, string Value)> HeadersOf(QueueFile file, MessageParts parts)
    {
        List<byte> octets = [];
        MessageOutput output = new(piece =>
        {
            octets.AddRange(piece);
            if (octets.Count > HeaderLimit)
                throw new QueueFileException("too much of headers for --json");
        }, isTerminal: false);
        CatCommand.ShowMessage(file, parts with { Envelope = false, Body = false }, output);
        output.Flush();
        List<(string Name, string Value)> headers = [];
        foreach (string line in Encoding.UTF8.GetString([.. octets]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line[0] is ' ' or '\t' && headers.Count > 0)
                headers[^1] = (headers[^1].Name, $"{headers[^1].Value}\n{line}");
            else
                headers.Add(colon < 0 ? ("", line) : (line[..colon].TrimEnd(), line[(colon + 1)..].TrimStart()));
        }
        return headers;
    }

    private static string Pair(string name, string value) => $"{{\"name\": {JsonText.Quote(name)}, \"value\": {JsonText.Quote(value)}}}";
}
