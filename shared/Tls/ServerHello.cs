using System.Buffers.Binary;

namespace PostfixNet.Tls;

/// <summary>Looks at the first octets that a server sends in a handshake, which SslStream does not show: whether it resumes a session.</summary>
/// <remarks>In TLS 1.3 its ServerHello then has the extension pre_shared_key (RFC 8446 section 4.2.11); before, no Certificate follows the ServerHello
/// (RFC 5246 section 7.3). All of it is in plain text. Whatever cannot be understood is no resumption.</remarks>
internal sealed class ServerHello
{
    // More than any ServerHello; what follows need not be seen.
    private const int Longest = 4096;
    private const byte HandshakeRecord = 22, ChangeCipherSpec = 20, HelloMessage = 2, TicketMessage = 4;
    private const int RecordHeader = 5, MessageHeader = 4;
    private const ushort PreSharedKey = 41, SupportedVersions = 43, Tls13 = 0x0304;

    // SHA-256 of "HelloRetryRequest": RFC 8446 section 4.1.3.
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    private readonly byte[] _seen = new byte[Longest];
    private int _length;

    /// <summary>Takes what was read.</summary>
    internal void Take(ReadOnlySpan<byte> octets)
    {
        int taken = Math.Min(octets.Length, Longest - _length);
        octets[..taken].CopyTo(_seen.AsSpan(_length));
        _length += taken;
    }

    /// <summary>The server resumes a session.</summary>
    internal bool IsResumption
    {
        get
        {
            Span<byte> messages = stackalloc byte[Longest];
            ReadOnlySpan<byte> rest = messages[..Join(messages)];
            bool hasHello = false;
            while (rest.Length >= MessageHeader)
            {
                int length = (rest[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                // A certificate, or keys to be agreed on.
                if (rest[0] is not (HelloMessage or TicketMessage))
                    return false;
                if (rest.Length < MessageHeader + length)
                    break;
                ReadOnlySpan<byte> body = rest.Slice(MessageHeader, length);
                if (rest[0] == HelloMessage && !IsRetry(body))
                {
                    if (IsTls13(body, out bool isResumption))
                        return isResumption;
                    hasHello = true;
                }
                rest = rest[(MessageHeader + length)..];
            }
            return hasHello;
        }
    }

    // The messages of the records, up to the first octet that is protected.
    private int Join(Span<byte> messages)
    {
        int at = 0, length = 0;
        while (at + RecordHeader <= _length && _seen[at] is HandshakeRecord or ChangeCipherSpec)
        {
            int end = Math.Min(_length, at + RecordHeader + BinaryPrimitives.ReadUInt16BigEndian(_seen.AsSpan(at + 3)));
            if (_seen[at] == HandshakeRecord)
            {
                _seen.AsSpan(at + RecordHeader, end - at - RecordHeader).CopyTo(messages[length..]);
                length += end - at - RecordHeader;
            }
            // What follows this one is protected, but after a HelloRetryRequest.
            else if (length < MessageHeader || !IsRetry(messages[MessageHeader..length]))
            {
                break;
            }
            at = end;
        }
        return length;
    }

    private static bool IsRetry(ReadOnlySpan<byte> hello) => hello.Length >= 34 && hello.Slice(2, 32).SequenceEqual(RetryRandom);

    // version, random, session id, cipher, compression, extensions: RFC 8446 section 4.1.3.
    private static bool IsTls13(ReadOnlySpan<byte> hello, out bool isResumption)
    {
        isResumption = false;
        bool isTls13 = false;
        if (hello.Length < 35)
            return false;
        int at = 35 + hello[34] + 3 + 2;
        while (at + 4 <= hello.Length)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(hello[at..]), length = BinaryPrimitives.ReadUInt16BigEndian(hello[(at + 2)..]);
            isResumption |= type == PreSharedKey;
            isTls13 |= type == SupportedVersions && length == 2 && at + 6 <= hello.Length && BinaryPrimitives.ReadUInt16BigEndian(hello[(at + 4)..]) == Tls13;
            at += 4 + length;
        }
        isResumption &= isTls13;
        return isTls13;
    }
}
