using System.Buffers.Binary;
using System.Text;
using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

/// <summary>Composes messages as a server would, lies included.</summary>
internal sealed class PacketWriter
{
    private readonly List<byte> _bytes = [];

    internal const int QuestionAt = 12; // offset of the question's name

    /// <summary>Header of a response: RD, RA.</summary>
    internal static PacketWriter Response(ushort id, int code = 0, bool truncated = false, bool authentic = false, bool recursion = true,
        bool authoritative = false, int questions = 1, int answers = 0, int authorities = 0, int additionals = 0)
    {
        PacketWriter w = new();
        int flags = 0x8100 | (recursion ? 0x80 : 0) | (authoritative ? 0x400 : 0) | (truncated ? 0x200 : 0) | (authentic ? 0x20 : 0) | code;
        return w.U16(id).U16(flags).U16(questions).U16(answers).U16(authorities).U16(additionals);
    }

    internal int Length => _bytes.Count;

    internal PacketWriter U8(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    internal PacketWriter U16(int value) => U8(value >> 8).U8(value);

    internal PacketWriter U32(long value) => U16((int)(value >> 16)).U16((int)value);

    internal PacketWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            _bytes.Add(b);
        return this;
    }

    internal PacketWriter Name(string name)
    {
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
            U8(label.Length).Raw(Encoding.Latin1.GetBytes(label));
        return U8(0);
    }

    internal PacketWriter Pointer(int to) => U16(0xC000 | to);

    internal PacketWriter Question(string name, DnsType type) => Name(name).U16((int)type).U16(1);

    /// <summary>A record whose data another call composes.</summary>
    internal PacketWriter Record(string owner, int type, long ttl, Action<PacketWriter> data, int recordClass = 1)
    {
        Name(owner).U16(type).U16(recordClass).U32(ttl);
        int lengthAt = _bytes.Count;
        U16(0);
        data(this);
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(_bytes.Count - lengthAt - 2));
        _bytes[lengthAt] = length[0];
        _bytes[lengthAt + 1] = length[1];
        return this;
    }

    internal PacketWriter A(string owner, string address, long ttl = 60) =>
        Record(owner, 1, ttl, w => w.Raw(System.Net.IPAddress.Parse(address).GetAddressBytes()));

    internal PacketWriter Cname(string owner, string target, long ttl = 60) => Record(owner, 5, ttl, w => w.Name(target));

    internal PacketWriter Mx(string owner, int preference, string host, long ttl = 60) =>
        Record(owner, 15, ttl, w => w.U16(preference).Name(host));

    internal PacketWriter Soa(string zone, long ttl, long minimum) =>
        Record(zone, 6, ttl, w => w.Name("ns." + zone).Name("admin." + zone).U32(1).U32(2).U32(3).U32(4).U32(minimum));

    internal byte[] ToArray() => [.. _bytes];
}
