using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Gives a notice of this system the form for a server without SMTPUTF8, which knows no message/global-delivery-status (RFC 6533 section 3): the report becomes a message/delivery-status, and addresses
/// in it that are not ASCII are written as utf-8-addr-xtext.</summary>
/// <remarks>The text, and the message that is returned, stay as they are: their types are for all who take 8 bits. Memory: one header, one line of a report.</remarks>
internal sealed class AsciiReport(LineSink output)
{
    private const int LongestLine = 64 * 1024;

    private static ReadOnlySpan<byte> GlobalType => "message/global-delivery-status"u8;

    private readonly List<byte> _line = [];
    private List<byte[]>? _header = [];
    private byte[]? _boundary;
    private bool _isInReport, _isOver;

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        // Only short lines are looked at: those of headers, of boundaries and of reports are.
        if (_isOver)
        {
            output(piece, endsLine);
            return;
        }
        if (_line.Count + piece.Length > LongestLine)
        {
            GiveUp();
            output(piece, endsLine);
            return;
        }
        _line.AddRange(piece);
        if (!endsLine)
            return;
        byte[] line = [.. _line];
        _line.Clear();
        Look(line);
    }

    /// <summary>Lets out what was held back.</summary>
    internal void End()
    {
        if (!_isOver)
            GiveUp();
    }

    private void Look(byte[] line)
    {
        if (_header is not null)
        {
            _header.Add(line);
            if (line.Length == 0)
                EndHeader();
            return;
        }
        if (IsBoundary(line))
        {
            _isOver = _isInReport;
            (_isInReport, _header) = (false, _isOver ? null : []);
            output(line, endsLine: true);
            return;
        }
        output(_isInReport ? InAscii(line) : line, endsLine: true);
    }

    private void EndHeader()
    {
        (List<byte[]> header, _header) = (_header!, null);
        if (_boundary is null)
        {
            (_, _boundary) = EntityHeader.ContentType(Value(header, "content-type"u8));
            _isOver = _boundary is null;
        }
        else
        {
            _isInReport = Value(header, "content-type"u8).Trim(" \t"u8).SequenceEqual(GlobalType);
        }
        foreach (byte[] line in header)
            output(_isInReport && IsNamed(line, "content-type"u8) ? "Content-Type: message/delivery-status"u8 : line, endsLine: true);
    }

    private void GiveUp()
    {
        _isOver = true;
        foreach (byte[] line in _header ?? [])
            output(line, endsLine: true);
        _header = null;
        if (_line.Count > 0)
            output([.. _line], endsLine: false);
        _line.Clear();
    }

    private bool IsBoundary(ReadOnlySpan<byte> line) => line.StartsWith("--"u8) && line[2..].StartsWith(_boundary);

    // "Final-Recipient: utf-8; jörg@example.com"
    private static byte[] InAscii(byte[] line)
    {
        const string Type = "utf-8;";
        if (Ascii.IsValid(line))
            return line;
        string text = ByteText.Decode(line);
        int colon = text.IndexOf(':', StringComparison.Ordinal), type = colon < 0 ? -1 : text.IndexOf(Type, colon, StringComparison.OrdinalIgnoreCase);
        if (type < 0 || text.AsSpan(colon + 1, type - colon - 1).Trim() is not "")
            return line;
        int start = type + Type.Length;
        while (start < text.Length && text[start] == ' ')
            start++;
        return Xtext.EncodeUtf8Address(text[start..]) is { } encoded ? Encoding.ASCII.GetBytes(text[..start] + encoded) : line;
    }

    // With what was folded.
    private static ReadOnlySpan<byte> Value(List<byte[]> header, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < header.Count; i++)
        {
            if (!IsNamed(header[i], name))
                continue;
            List<byte> value = [.. header[i].AsSpan(name.Length + 1)];
            for (int j = i + 1; j < header.Count && header[j].AsSpan().StartsWith(" "u8) | header[j].AsSpan().StartsWith("\t"u8); j++)
                value.AddRange(header[j]);
            return value.ToArray();
        }
        return default;
    }

    private static bool IsNamed(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
