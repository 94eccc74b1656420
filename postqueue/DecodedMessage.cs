using System.Globalization;
using MimeKit;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>A message as people read it, by MimeKit: words of headers decoded, text parts as text, of other parts what they are.</summary>
internal static class DecodedMessage
{
    private const int SizeLimit = 64 << 20;

    /// <exception cref="QueueFileException">It is damaged, or too large.</exception>
    internal static void Show(QueueFile file, Envelope envelope, MessageParts parts, MessageOutput output)
    {
        using MemoryStream stream = new();
        ContentReader content = file.ReadContent(envelope);
        while (content.Read())
        {
            stream.Write(content.Piece);
            if (content.EndsLine)
                stream.Write("\r\n"u8);
            if (stream.Length > SizeLimit)
                throw new QueueFileException(FormattableString.Invariant($"more than {SizeLimit >> 20} MB are shown without --decoded only"));
        }
        stream.Position = 0;
        MimeMessage message;
        try
        {
            message = MimeMessage.Load(stream, persistent: true);
        }
        catch (FormatException e)
        {
            throw new QueueFileException($"not to be decoded: {e.Message}");
        }
        if (parts.Headers)
        {
            foreach (Header header in message.Headers)
                output.Text($"{header.Field}: {header.Value.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)}");
        }
        if (parts.Headers && parts.Body)
            output.Line(""u8);
        if (!parts.Body)
            return;
        foreach (MimeEntity part in new MimeIterator(message).Parts())
            ShowPart(part, output);
    }

    private static IEnumerable<MimeEntity> Parts(this MimeIterator iterator)
    {
        while (iterator.MoveNext())
        {
            if (iterator.Current is not Multipart)
                yield return iterator.Current;
        }
    }

    private static void ShowPart(MimeEntity part, MessageOutput output)
    {
        if (part is TextPart { IsAttachment: false } text)
        {
            foreach (string line in text.Text.Split('\n'))
                output.Line(ByteText.Encode(line.TrimEnd('\r')));
            return;
        }
        string name = part.ContentDisposition?.FileName ?? part.ContentType.Name ?? "";
        long size = part is MimePart { Content: { } content } ? Length(content) : 0;
        output.Text(string.Create(CultureInfo.InvariantCulture, $"[{part.ContentType.MimeType}{(name.Length > 0 ? $" \"{name}\"" : "")}, {size} octets]"));
    }

    private static long Length(IMimeContent content)
    {
        using Stream counted = content.Open();
        byte[] buffer = new byte[32 * 1024];
        long length = 0;
        int n;
        while ((n = counted.Read(buffer)) > 0)
            length += n;
        return length;
    }
}
