using System.Buffers.Binary;
using System.Text;
using DnsClient;

namespace PostfixNet.Dns;

/// <summary>One question as it goes to a name server, and what an answer to it must show.</summary>
/// <remarks>Recursion is desired, AD asked for (RFC 6840 section 5.7); there is one question (RFC 9619).</remarks>
internal sealed class DnsQuery
{
    /// <summary>What we tell servers to send by UDP at most: it passes nearly every path unfragmented (RFC 9715
    /// advises at most 1400; 1232 is the IPv6 minimum MTU without headers, the value that servers agreed on).</summary>
    internal const int UdpPayload = 1232;

    private const int InternetClass = 1, OptType = 41, RecursionDesired = 0x0100, AuthenticData = 0x0020;

    private readonly byte[] _message;
    private readonly int _questionEnd;

    /// <param name="id">Random (RFC 5452 section 9.2).</param>
    /// <param name="name">Passed <see cref="DnsName.IsName"/>.</param>
    /// <param name="withEdns">Adds an OPT record, RFC 6891 section 6.1.</param>
    internal DnsQuery(ushort id, string name, DnsType type, bool withEdns)
    {
        name = name.TrimEnd('.');
        int typeAt = DnsName.HeaderLength + name.Length + 2;
        _questionEnd = typeAt + 4;
        _message = new byte[_questionEnd + (withEdns ? 11 : 0)];
        Span<byte> message = _message;
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], RecursionDesired | AuthenticData);
        message[5] = 1;
        int at = DnsName.HeaderLength;
        foreach (string label in name.Split('.'))
        {
            message[at] = (byte)label.Length;
            at += 1 + Encoding.ASCII.GetBytes(label, message[(at + 1)..]);
        }
        BinaryPrimitives.WriteUInt16BigEndian(message[typeAt..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(message[(typeAt + 2)..], InternetClass);
        if (withEdns)
        {
            message[11] = 1;
            message[_questionEnd + 2] = OptType;
            BinaryPrimitives.WriteUInt16BigEndian(message[(_questionEnd + 3)..], UdpPayload);
        }
    }

    /// <summary>The octets to send.</summary>
    internal ReadOnlyMemory<byte> Message => _message;

    /// <summary>Whether a message is the response to this question, and not a stray or forged one.</summary>
    /// <remarks>RFC 5452 section 9.1: id and question must be ours (the address is seen to by the socket). A server that could
    /// not read the query may leave out the question (FORMERR, NOTIMP).</remarks>
    internal bool IsAnsweredBy(ReadOnlySpan<byte> message)
    {
        const int responseBit = 0x80, opcodeBits = 0x78;
        if (message.Length < DnsName.HeaderLength || !message[..2].SequenceEqual(_message.AsSpan(0, 2))
            || (message[2] & (responseBit | opcodeBits)) != responseBit)
            return false;
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        if (questions == 0)
            return (DnsHeaderResponseCode)(message[3] & 15) is DnsHeaderResponseCode.FormatError or DnsHeaderResponseCode.NotImplemented;
        if (questions != 1 || message.Length < _questionEnd)
            return false;
        // The first name of a message cannot be compressed. Servers need not keep its case (RFC 4343 section 4).
        Range name = DnsName.HeaderLength..(_questionEnd - 4), typeAndClass = (_questionEnd - 4).._questionEnd;
        return Ascii.EqualsIgnoreCase(message[name], _message.AsSpan(name)) && message[typeAndClass].SequenceEqual(_message.AsSpan(typeAndClass));
    }

    /// <summary>TC of a response: ask again by TCP (RFC 7766 section 5).</summary>
    internal static bool IsTruncated(ReadOnlySpan<byte> message) => (message[2] & 0x02) != 0;
}
