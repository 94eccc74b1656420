using PostfixNet.Mail;

namespace PostfixNet.Sendmail;

/// <summary>Recipients that the message's own header names: To, Cc and Bcc, or the Resent- forms when there are any.</summary>
/// <param name="tokenLimit">header_address_token_limit: bounds one header.</param>
internal sealed class HeaderRecipients(int tokenLimit)
{
    // Long enough for any real header; what is beyond is not looked at.
    private const int HeaderLimit = 1 << 20;
    private readonly List<string> _recipients = [], _resent = [];
    private byte[] _header = new byte[1024];
    private int _length;
    private bool _inBody, _isResent;

    /// <summary>Internal form, in order; complete after the last line.</summary>
    internal IReadOnlyList<string> Found
    {
        get
        {
            EndHeader();
            return _isResent ? _resent : _recipients;
        }
    }

    /// <summary>Takes one line of the message, or a piece of it.</summary>
    internal void Line(ReadOnlySpan<byte> text, bool isContinued)
    {
        if (_inBody)
            return;
        if (!isContinued && !(_length > 0 && text is [(byte)' ' or (byte)'\t', ..]))
        {
            EndHeader();
            if (!LooksLikeHeader(text))
            {
                _inBody = true;
                return;
            }
        }
        else if (!isContinued)
        {
            Append("\n"u8);
        }
        Append(text);
    }

    private static bool LooksLikeHeader(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon > 0 ? line[..colon].TrimEnd(" \t"u8) : default;
        return !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        int count = Math.Min(text.Length, HeaderLimit - _length);
        if (count <= 0)
            return;
        if (_length + count > _header.Length)
            Array.Resize(ref _header, Math.Max(_header.Length * 2, _length + count));
        text[..count].CopyTo(_header.AsSpan(_length));
        _length += count;
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _header.AsSpan(0, _length);
        _length = 0;
        int colon = header.IndexOf((byte)':');
        if (colon <= 0)
            return;
        string name = ByteText.Decode(header[..colon].TrimEnd(" \t"u8)).ToLowerInvariant();
        _isResent |= name.StartsWith("resent-", StringComparison.Ordinal);
        List<string>? list = name switch
        {
            "to" or "cc" or "bcc" => _recipients,
            "resent-to" or "resent-cc" or "resent-bcc" => _resent,
            _ => null,
        };
        if (list is null)
            return;
        foreach (HeaderAddress address in HeaderAddresses.Parse(ByteText.Decode(header[(colon + 1)..]), tokenLimit))
        {
            if (address.Address.Length > 0)
                list.Add(address.Address);
        }
    }
}
