using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using PostfixNet.Mail;

namespace PostfixNet.Dns;

/// <summary>Response codes that we tell apart (RFC 1035 section 4.1.1, RFC 6891 section 9).</summary>
internal enum ResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
    BadVersion = 16,
}

/// <summary>One message on the wire: queries are written, responses are read.</summary>
internal sealed class DnsMessage
{
    internal const int HeaderLength = 12;

    /// <summary>Longest query: header, name, type and class, OPT record.</summary>
    internal const int MaxQueryLength = HeaderLength + DnsName.MaxWireLength + 4 + 11;

    /// <summary>What we tell servers to send by UDP at most: it passes nearly every path unfragmented (RFC 9715
    /// advises at most 1400; 1232 is the IPv6 minimum MTU without headers, the value that servers agreed on).</summary>
    internal const int UdpPayload = 1232;

    /// <summary>Records kept of one response; those behind are passed over.</summary>
    internal const int MaxRecords = 256;

    private const int OptType = 41, SoaType = 6, InternetClass = 1;

    /// <summary>Records of the answer section that we know and can use, in the server's order.</summary>
    internal required IReadOnlyList<DnsRecord> Answers { get; init; }

    /// <summary>Response code, with the upper bits from the OPT record (RFC 6891 section 6.1.3).</summary>
    internal required ResponseCode Code { get; init; }

    /// <summary>AD: the server validated the response.</summary>
    internal required bool IsAuthentic { get; init; }

    /// <summary>Neither an authority for the name nor willing to ask others: an empty answer then means nothing.</summary>
    internal required bool IsLame { get; init; }

    /// <summary>The answer held records whose names could not be host names; they are left out of <see cref="Answers"/>.</summary>
    internal required bool HasUnusable { get; init; }

    /// <summary>Zone of the SOA record in the authority section, null when there is none.</summary>
    internal required string? SoaZone { get; init; }

    /// <summary>Seconds that the absence of data may be remembered: the lesser of the SOA record's TTL and MINIMUM field
    /// (RFC 2308 section 5).</summary>
    internal required uint NegativeTtl { get; init; }

    /// <summary>Writes a query: recursion desired, AD asked for (RFC 6840 section 5.7), one question (RFC 9619).</summary>
    /// <param name="destination">At least <see cref="MaxQueryLength"/>.</param>
    /// <param name="name">Passed <see cref="DnsName.IsName"/>.</param>
    /// <param name="withEdns">Adds an OPT record, RFC 6891 section 6.1.</param>
    /// <returns>Octets written.</returns>
    internal static int WriteQuery(Span<byte> destination, ushort id, string name, DnsType type, bool withEdns)
    {
        const ushort recursionDesired = 0x0100, authenticData = 0x0020;
        Span<byte> header = destination[..HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header, id);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], recursionDesired | authenticData);
        header[5] = 1;
        header[11] = (byte)(withEdns ? 1 : 0);
        int at = HeaderLength + DnsName.Write(destination[HeaderLength..], name);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 2)..], InternetClass);
        at += 4;
        if (!withEdns)
            return at;
        Span<byte> opt = destination.Slice(at, 11);
        opt.Clear();
        opt[2] = OptType;
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], UdpPayload);
        return at + opt.Length;
    }

    /// <summary>Whether a message is the response to our question, and not a stray or forged one.</summary>
    /// <remarks>RFC 5452 section 9.1: id and question must be ours (the address is seen to by the socket). A server that could
    /// not read the query may leave out the question (FORMERR, NOTIMP).</remarks>
    internal static bool IsResponseTo(ReadOnlySpan<byte> message, ushort id, string name, DnsType type)
    {
        if (message.Length < HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(message) != id)
            return false;
        const int responseBit = 0x80, opcodeBits = 0x78;
        if ((message[2] & (responseBit | opcodeBits)) != responseBit)
            return false;
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        if (questions == 0)
            return (ResponseCode)(message[3] & 15) is ResponseCode.FormatError or ResponseCode.NotImplemented;
        int at = HeaderLength;
        return questions == 1 && DnsName.TryRead(message, ref at, out string? asked) && at + 4 <= message.Length
            && asked.AsSpan().Equals(DnsName.WithoutDot(name), StringComparison.OrdinalIgnoreCase)
            && BinaryPrimitives.ReadUInt16BigEndian(message[at..]) == (ushort)type
            && BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == InternetClass;
    }

    /// <summary>TC of a response that passed <see cref="IsResponseTo"/>: ask again by TCP (RFC 7766 section 5).</summary>
    internal static bool IsTruncated(ReadOnlySpan<byte> message) => (message[2] & 0x02) != 0;

    /// <summary>Reads a response that passed <see cref="IsResponseTo"/>.</summary>
    /// <returns>False when any part of it is damaged: counts that lie, records that overlap or overrun, wrong lengths.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> message, [NotNullWhen(true)] out DnsMessage? response)
    {
        response = null;
        if (message.Length < HeaderLength)
            return false;
        int at = HeaderLength;
        for (int i = BinaryPrimitives.ReadUInt16BigEndian(message[4..]); i > 0; i--)
        {
            if (!DnsName.TryRead(message, ref at, out _) || (at += 4) > message.Length)
                return false;
        }
        List<DnsRecord> answers = [];
        bool hasUnusable = false, hasOpt = false;
        string? soaZone = null;
        uint negativeTtl = 0;
        int code = message[3] & 15;
        for (int section = 0; section < 3; section++)
        {
            for (int i = BinaryPrimitives.ReadUInt16BigEndian(message[(6 + 2 * section)..]); i > 0; i--)
            {
                if (!RawRecord.TryRead(message, ref at, out RawRecord raw))
                    return false;
                if (section == 0 && raw.Class == InternetClass && answers.Count < MaxRecords)
                {
                    if (!TryConvert(message, raw, out DnsRecord? record, out bool isUnusable))
                        return false;
                    hasUnusable |= isUnusable;
                    if (record is not null)
                        answers.Add(record);
                }
                else if (section == 1 && raw.Class == InternetClass && raw.Type == SoaType && soaZone is null)
                {
                    // RFC 1035 section 3.3.13: two names, then five numbers of which MINIMUM is the last.
                    if (raw.Data.Length < 22)
                        return false;
                    soaZone = raw.Name;
                    negativeTtl = Math.Min(raw.Ttl, BinaryPrimitives.ReadUInt32BigEndian(raw.Data[^4..]));
                }
                else if (section == 2 && raw.Type == OptType)
                {
                    // RFC 6891 section 6.1.1: one at most, owned by the root.
                    if (hasOpt || raw.Name != ".")
                        return false;
                    hasOpt = true;
                    code |= (int)(raw.WireTtl >> 24) << 4;
                }
            }
        }
        response = new DnsMessage
        {
            Answers = answers,
            Code = (ResponseCode)code,
            IsAuthentic = (message[3] & 0x20) != 0,
            IsLame = (message[2] & 0x04) == 0 && (message[3] & 0x80) == 0,
            HasUnusable = hasUnusable,
            SoaZone = soaZone,
            NegativeTtl = negativeTtl,
        };
        return true;
    }

    // A record of a type we do not know is no error, and no record.
    private static bool TryConvert(ReadOnlySpan<byte> message, in RawRecord raw, out DnsRecord? record, out bool isUnusable)
    {
        record = null;
        isUnusable = false;
        ReadOnlySpan<byte> data = raw.Data;
        switch ((DnsType)raw.Type)
        {
            case DnsType.A:
                if (data.Length != 4)
                    return false;
                record = new AddressRecord(raw.Name, raw.Ttl, new IPAddress(data));
                return true;
            case DnsType.Aaaa:
                if (data.Length != 16)
                    return false;
                record = new AddressRecord(raw.Name, raw.Ttl, new IPAddress(data));
                return true;
            case DnsType.Cname:
                if (!TryReadTarget(message, raw, 0, out string? target))
                    return false;
                record = new CnameRecord(raw.Name, raw.Ttl, target);
                return true;
            case DnsType.Ptr:
                if (!TryReadTarget(message, raw, 0, out target))
                    return false;
                isUnusable = !DnsName.IsHostName(target);
                record = isUnusable ? null : new PtrRecord(raw.Name, raw.Ttl, target);
                return true;
            case DnsType.Mx:
                if (data.Length < 3 || !TryReadTarget(message, raw, 2, out target))
                    return false;
                isUnusable = target != "." && !DnsName.IsUsableTarget(target);
                record = isUnusable ? null : new MxRecord(raw.Name, raw.Ttl, BinaryPrimitives.ReadUInt16BigEndian(data), target);
                return true;
            case DnsType.Txt:
                if (!TryJoin(data, out string? text))
                    return false;
                record = new TxtRecord(raw.Name, raw.Ttl, text);
                return true;
            case DnsType.Tlsa:
                if (data.Length < 3)
                    return false;
                record = new TlsaRecord(raw.Name, raw.Ttl, data[0], data[1], data[2], data[3..].ToArray());
                return true;
            default:
                return true;
        }
    }

    // The name must fill the record's data to the last octet.
    private static bool TryReadTarget(ReadOnlySpan<byte> message, in RawRecord raw, int offset, [NotNullWhen(true)] out string? target)
    {
        int at = raw.DataStart + offset, end = raw.DataStart + raw.Data.Length;
        return DnsName.TryRead(message, ref at, out target) && at == end;
    }

    // RFC 1035 section 3.3.14: one or more character strings, each a length octet and that many octets.
    private static bool TryJoin(ReadOnlySpan<byte> data, [NotNullWhen(true)] out string? text)
    {
        text = null;
        byte[] joined = new byte[data.Length];
        int length = 0;
        if (data.IsEmpty)
            return false;
        while (!data.IsEmpty)
        {
            int n = data[0];
            if (n + 1 > data.Length)
                return false;
            data.Slice(1, n).CopyTo(joined.AsSpan(length));
            length += n;
            data = data[(n + 1)..];
        }
        text = ByteText.Decode(joined.AsSpan(0, length));
        return true;
    }

    /// <summary>A record whose data was not looked at yet (RFC 1035 section 4.1.3).</summary>
    private readonly ref struct RawRecord(string name, int type, int recordClass, uint wireTtl, int dataStart, ReadOnlySpan<byte> data)
    {
        internal string Name { get; } = name;
        internal int Type { get; } = type;
        internal int Class { get; } = recordClass;
        internal uint WireTtl { get; } = wireTtl;
        internal uint Ttl => WireTtl > int.MaxValue ? 0 : WireTtl; // RFC 2181 section 8
        internal int DataStart { get; } = dataStart;
        internal ReadOnlySpan<byte> Data { get; } = data;

        internal static bool TryRead(ReadOnlySpan<byte> message, ref int at, out RawRecord record)
        {
            record = default;
            if (!DnsName.TryRead(message, ref at, out string? name) || at + 10 > message.Length)
                return false;
            ReadOnlySpan<byte> fixedPart = message.Slice(at, 10);
            int length = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[8..]);
            int start = at + 10;
            if (start + length > message.Length)
                return false;
            record = new RawRecord(name, BinaryPrimitives.ReadUInt16BigEndian(fixedPart),
                BinaryPrimitives.ReadUInt16BigEndian(fixedPart[2..]), BinaryPrimitives.ReadUInt32BigEndian(fixedPart[4..]),
                start, message.Slice(start, length));
            at = start + length;
            return true;
        }
    }
}
