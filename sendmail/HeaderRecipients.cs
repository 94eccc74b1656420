using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>Recipients that the message's own header names: To, Cc and Bcc, or the Resent- forms when there are any.</summary>
/// <param name="headerLimit">Longest header with recipients, bytes: of a longer one, cleanup would not keep all.</param>
/// <param name="envelope">Makes recipients of addresses.</param>
internal sealed class HeaderRecipients(int headerLimit, EnvelopeAddress envelope)
{
    private readonly List<string> _recipients = [], _resent = [];
    private readonly HeaderLines _lines = new(headerLimit);
    private bool _inBody, _isResent;

    /// <summary>Internal form, in order; complete after the last line.</summary>
    /// <exception cref="SubmissionException">A recipient header is too long, or no queue file can hold an address.</exception>
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
        HeaderLine line = isContinued ? HeaderLine.Continues : HeaderLines.Judge(text, _lines.Length > 0);
        if (line != HeaderLine.Continues)
            EndHeader();
        _inBody = line == HeaderLine.None;
        if (!_inBody)
            _lines.Add(text, startsLine: !isContinued);
    }

    private void EndHeader()
    {
        bool isTooLong = _lines.IsCut;
        ReadOnlySpan<byte> header = _lines.Take();
        int length = HeaderNames.Length(header, out int colon);
        if (length == 0)
            return;
        string name = ByteText.Decode(header[..length]).ToLowerInvariant();
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
            throw new SubmissionException("unable to extract recipients: message header length exceeds safety limit", ExitStatus.BadData);
        foreach (HeaderAddress address in HeaderAddresses.Parse(ByteText.Decode(header[(colon + 1)..])))
            list.Add(envelope.Of(address));
    }
}
