using System.Diagnostics.CodeAnalysis;
using DnsClient;
using PostfixNet.Mail;

namespace PostfixNet.Dns;

/// <summary>What a response says, read with DnsClient's <see cref="DnsDatagramReader"/>.</summary>
/// <remarks>Names are read by <see cref="DnsName"/>: the library follows pointers anywhere and takes names of any length, so
/// that a response of 60 KB costs it gigabytes. See docs/libraries.md.</remarks>
internal sealed class DnsResponse
{
    /// <summary>Records kept of one response; those behind are passed over.</summary>
    internal const int MaxRecords = 256;

    private const int OptType = 41, SoaType = 6, InternetClass = 1;

    private readonly byte[] _message;
    private readonly DnsDatagramReader _reader;
    private readonly List<DnsRecord> _answers = [];
    private bool _hasOpt;

    /// <exception cref="DnsResponseParseException">Any part of the message is damaged.</exception>
    private DnsResponse(byte[] message)
    {
        _message = message;
        _reader = new DnsDatagramReader(message);
        DnsResponseHeader header = ReadHeader();
        for (int i = 0; i < header.QuestionCount; i++)
        {
            _ = ReadName();
            _reader.Advance(4);
        }
        Code = (DnsResponseCode)header.ResponseCode;
        IsAuthentic = header.IsAuthenticData;
        IsLame = !header.HasAuthorityAnswer && !header.RecursionAvailable;
        ReadRecords(header.AnswerCount, ReadAnswer);
        ReadRecords(header.NameServerCount, ReadAuthority);
        ReadRecords(header.AdditionalCount, ReadAdditional);
    }

    /// <summary>Records of the answer section that we know and can use, in the server's order.</summary>
    internal IReadOnlyList<DnsRecord> Answers => _answers;

    /// <summary>Response code, with the upper bits from the OPT record (RFC 6891 section 6.1.3).</summary>
    internal DnsResponseCode Code { get; private set; }

    /// <summary>AD: the server validated the response. Taken back where the server's word is worth nothing.</summary>
    internal bool IsAuthentic { get; set; }

    /// <summary>Neither an authority for the name nor willing to ask others: an empty answer then means nothing.</summary>
    internal bool IsLame { get; }

    /// <summary>The answer held records whose names could not be host names; they are left out of <see cref="Answers"/>.</summary>
    internal bool HasUnusable { get; private set; }

    /// <summary>Zone of the SOA record in the authority section, null when there is none.</summary>
    internal string? SoaZone { get; private set; }

    /// <summary>Seconds that the absence of data may be remembered: the lesser of the SOA record's TTL and MINIMUM field
    /// (RFC 2308 section 5).</summary>
    internal uint NegativeTtl { get; private set; }

    /// <summary>Reads a response that passed <see cref="DnsQuery.IsAnsweredBy"/>.</summary>
    /// <returns>False when any part of it is damaged: counts that lie, records that overlap or overrun, wrong lengths.</returns>
    internal static bool TryRead(byte[] message, [NotNullWhen(true)] out DnsResponse? response)
    {
        try
        {
            response = new DnsResponse(message);
            return true;
        }
        catch (DnsResponseParseException)
        {
            response = null;
            return false;
        }
    }

    private DnsResponseHeader ReadHeader()
    {
        ushort id = _reader.ReadUInt16NetworkOrder(), flags = _reader.ReadUInt16NetworkOrder();
        ushort questions = _reader.ReadUInt16NetworkOrder(), answers = _reader.ReadUInt16NetworkOrder();
        ushort authorities = _reader.ReadUInt16NetworkOrder(), additionals = _reader.ReadUInt16NetworkOrder();
        return new DnsResponseHeader(id, flags, questions, answers, additionals, authorities);
    }

    private string ReadName()
    {
        int at = _reader.Index;
        if (!DnsName.TryRead(_message, ref at, out string? name))
            throw new DnsResponseParseException("no name");
        _reader.Advance(at - _reader.Index);
        return name;
    }

    // RFC 1035 section 4.1.3. The data must be used to the last octet.
    private void ReadRecords(int count, Action<RecordHead> readData)
    {
        for (; count > 0; count--)
        {
            RecordHead head = new(ReadName(), _reader.ReadUInt16NetworkOrder(), _reader.ReadUInt16NetworkOrder(),
                _reader.ReadUInt32NetworkOrder(), _reader.ReadUInt16NetworkOrder());
            int end = _reader.Index + head.Length;
            readData(head);
            if (_reader.Index != end)
                throw new DnsResponseParseException("a record ends elsewhere than it says");
        }
    }

    private void ReadAnswer(RecordHead head)
    {
        if (head.Class != InternetClass || _answers.Count >= MaxRecords)
        {
            _reader.Advance(head.Length);
            return;
        }
        (string name, uint ttl) = (head.Name, head.Ttl);
        switch ((DnsType)head.Type)
        {
            case DnsType.A:
                _answers.Add(new AddressRecord(name, ttl, _reader.ReadIPAddress()));
                break;
            case DnsType.Aaaa:
                _answers.Add(new AddressRecord(name, ttl, _reader.ReadIPv6Address()));
                break;
            case DnsType.Cname:
                _answers.Add(new CnameRecord(name, ttl, ReadName()));
                break;
            case DnsType.Ptr:
                string host = ReadName();
                Add(new PtrRecord(name, ttl, host), DnsName.IsHostName(host));
                break;
            case DnsType.Mx:
                ushort preference = _reader.ReadUInt16NetworkOrder();
                string exchanger = ReadName();
                Add(new MxRecord(name, ttl, preference, exchanger), exchanger == "." || DnsName.IsUsableTarget(exchanger));
                break;
            case DnsType.Txt:
                _answers.Add(new TxtRecord(name, ttl, ReadText(head.Length)));
                break;
            case DnsType.Tlsa when head.Length >= 3:
                _answers.Add(new TlsaRecord(name, ttl, _reader.ReadByte(), _reader.ReadByte(), _reader.ReadByte(), _reader.ReadBytes(head.Length - 3).ToArray()));
                break;
            case DnsType.Tlsa:
                throw new DnsResponseParseException("a TLSA record too short");
            default:
                // A record of a type we do not know is no error, and no record.
                _reader.Advance(head.Length);
                break;
        }
    }

    private void Add(DnsRecord record, bool isUsable)
    {
        if (isUsable)
            _answers.Add(record);
        HasUnusable |= !isUsable;
    }

    // RFC 1035 section 3.3.14: one or more character strings, each a length octet and that many octets.
    private string ReadText(int length)
    {
        List<byte> text = new(length);
        int end = _reader.Index + length;
        do
            text.AddRange(_reader.ReadBytes(_reader.ReadByte()));
        while (_reader.Index < end);
        return ByteText.Decode([.. text]);
    }

    private void ReadAuthority(RecordHead head)
    {
        if (head.Class != InternetClass || head.Type != SoaType || SoaZone is not null)
        {
            _reader.Advance(head.Length);
            return;
        }
        // RFC 1035 section 3.3.13: two names, then five numbers of which MINIMUM is the last.
        SoaZone = head.Name;
        _ = ReadName();
        _ = ReadName();
        _reader.Advance(16);
        NegativeTtl = Math.Min(head.Ttl, _reader.ReadUInt32NetworkOrder());
    }

    private void ReadAdditional(RecordHead head)
    {
        _reader.Advance(head.Length);
        if (head.Type != OptType)
            return;
        // RFC 6891 section 6.1.1: one at most, owned by the root.
        if (_hasOpt || head.Name != ".")
            throw new DnsResponseParseException("a wrong OPT record");
        _hasOpt = true;
        Code = (DnsResponseCode)((int)Code | (int)(head.WireTtl >> 24) << 4);
    }

    /// <summary>What stands before a record's data.</summary>
    private readonly record struct RecordHead(string Name, int Type, int Class, uint WireTtl, int Length)
    {
        internal uint Ttl => WireTtl > int.MaxValue ? 0 : WireTtl; // RFC 2181 section 8
    }
}
