using PostfixNet.Mail;

namespace PostfixNet.Sendmail;

/// <summary>Recipients that the message's own header names: To, Cc and Bcc, or the Resent- forms when there are any.</summary>
/// <remarks>No header_address_token_limit here: a recipient must not be passed over because there are many before it.</remarks>
internal sealed class HeaderRecipients
{
    // Bounds memory; longer recipient headers are refused.
    private const int HeaderLimit = 1 << 24;
    private readonly List<string> _recipients = [], _resent = [];
    private byte[] _header = new byte[1024];
    private int _length;
    private bool _inBody, _isResent, _isTooLong;

    /// <summary>Internal form, in order; complete after the last line.</summary>
    /// <exception cref="SubmissionException">A recipient header is too long.</exception>
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
        _isTooLong |= count < text.Length;
        if (count == 0)
            return;
        if (_length + count > _header.Length)
            Array.Resize(ref _header, Math.Max(_header.Length * 2, _length + count));
        text[..count].CopyTo(_header.AsSpan(_length));
        _length += count;
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _header.AsSpan(0, _length);
        bool isTooLong = _isTooLong;
        (_length, _isTooLong) = (0, false);
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
        if (isTooLong)
            throw new SubmissionException($"the {name} header is longer than {HeaderLimit} bytes");
        foreach (HeaderAddress address in HeaderAddresses.Parse(ByteText.Decode(header[(colon + 1)..]), int.MaxValue))
        {
            if (address.Address.Length > 0)
                list.Add(address.Address);
        }
    }
}
