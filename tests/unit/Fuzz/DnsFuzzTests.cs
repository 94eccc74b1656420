using PostfixNet.Dns;
using PostfixNet.UnitTests.Dns;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Octets from name servers.</summary>
public sealed class DnsFuzzTests
{
    [Fact]
    public void Any_response_is_read_or_refused()
    {
        new Fuzzer(Corpus(), "\xC0\x0C", "\x01x\x00", "\x00\x0F\x00\x01", "\x00\x29").Run((input, random) =>
        {
            _ = new DnsQuery((ushort)random.Next(8), "d.test", DnsType.Mx, withEdns: true).IsAnsweredBy(input);
            for (int i = 0; i < Math.Min(input.Length, 40); i++)
            {
                int at = i;
                if (DnsName.TryRead(input, ref at, out string? name))
                {
                    Assert.InRange(at, i + 1, input.Length);
                    CheckName(name);
                }
            }
            if (!DnsResponse.TryRead(input, out DnsResponse? message))
                return;
            Assert.InRange(message.Answers.Count, 0, DnsResponse.MaxRecords);
            foreach (DnsRecord record in message.Answers)
                Check(record);
            if (message.SoaZone is { } zone)
                CheckName(zone);
        });
    }

    private static void Check(DnsRecord record)
    {
        CheckName(record.Name);
        Assert.InRange(record.Ttl, 0u, (uint)int.MaxValue);
        switch (record)
        {
            case MxRecord mx:
                Assert.True(mx.IsNullMx || DnsName.IsUsableTarget(mx.Host), mx.Host);
                break;
            case CnameRecord alias:
                CheckName(alias.Target);
                break;
            case PtrRecord pointer:
                Assert.True(DnsName.IsHostName(pointer.Host), pointer.Host);
                break;
            default:
                break;
        }
    }

    // Nothing unprintable, nothing longer than 255 octets can make it.
    private static void CheckName(string name) =>
        Assert.True(name.Length is > 0 and <= 1020 && name.All(static c => c is > ' ' and < '\x7f'), name);

    private static IEnumerable<byte[]> Corpus()
    {
        yield return PacketWriter.Response(7, answers: 2, additionals: 1).Question("d.test", DnsType.Mx).Mx("d.test", 10, "a.d.test")
            .Mx("d.test", 20, ".").A("a.d.test", "192.0.2.1").ToArray();
        yield return PacketWriter.Response(7, answers: 3).Question("d.test", DnsType.A).Cname("d.test", "e.test").Cname("e.test", "f.test")
            .A("f.test", "2001:db8::1").ToArray();
        yield return PacketWriter.Response(7, code: 3, authorities: 1, additionals: 1).Question("d.test", DnsType.Mx).Soa("test", 60, 30)
            .Name("").U16(41).U16(1232).U32(0x01008000).U16(0).ToArray();
        yield return PacketWriter.Response(7, answers: 1).Question("d.test", DnsType.Txt).Record("d.test", 16, 60, w => w.U8(3).Raw("v=s"u8).U8(0)).ToArray();
        yield return PacketWriter.Response(7, answers: 1).Question("d.test", DnsType.Tlsa).Record("d.test", 52, 60, w => w.U8(3).U8(1).U8(1).Raw(new byte[32])).ToArray();
        yield return PacketWriter.Response(7, answers: 2).Question("d.test", DnsType.Mx).Pointer(12).U16(15).U16(1).U32(60).U16(6).U16(5).U8(1).Raw("m"u8).Pointer(12)
            .Pointer(12).U16(12).U16(1).U32(60).U16(2).Pointer(12).ToArray();
    }
}
