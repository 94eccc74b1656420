using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Dns;
using PostfixNet.Smtp.Dane;

namespace PostfixNet.UnitTests.Smtp.Dane;

/// <summary>What TLSA records say of certificates. Expected values are those of RFC 6698 section 2.1, RFC 7671 sections 5 and 9, RFC 7672 section 3.</summary>
public sealed class DaneVerificationTests
{
    private static readonly string[] s_names = ["mx.test", "dest.test", "canonical.test"];

    [Theory] // each usage, selector and matching type, right and wrong
    [InlineData(3, "leaf inter", "leaf", true)]
    [InlineData(3, "leaf inter", "leaf-domain", false)]
    [InlineData(3, "leaf inter", "inter", false)]
    [InlineData(3, "self", "self", true)]
    [InlineData(3, "self-other-old", "self-other-old", true)] // RFC 7672 section 3.1.1: neither names nor dates
    [InlineData(3, "leaf-other inter", "leaf-other", true)]
    [InlineData(3, "leaf-client inter", "leaf-client", true)]
    [InlineData(2, "leaf inter", "inter", true)]
    [InlineData(2, "leaf inter root", "root", true)]
    [InlineData(2, "leaf inter root", "inter", true)]
    [InlineData(2, "leaf root inter", "root", true)] // in any order
    [InlineData(2, "leaf inter", "leaf", false)] // it is no authority
    [InlineData(2, "self", "self", false)]
    [InlineData(2, "leaf inter root", "other-root", false)]
    [InlineData(2, "leaf-root root", "inter", false)]
    public void A_record_matches_by_usage_selector_and_type(int usage, string chain, string associated, bool matches)
    {
        foreach (int selector in (int[])[0, 1])
        {
            foreach (int type in (int[])[0, 1, 2])
                Assert.Equal((selector, type, matches), (selector, type, Judge(chain, $"{usage} {selector} {type} {associated}").Trouble is null));
        }
    }

    [Theory] // chain, records, what is wrong
    [InlineData("leaf-domain inter", "2 0 1 inter", null)]
    [InlineData("leaf-canonical inter", "2 0 1 inter", null)]
    [InlineData("leaf-cn inter", "2 1 1 inter", null)]
    [InlineData("leaf-star inter", "2 0 1 inter", "do not match")] // none of the names is one label below dest.test
    [InlineData("leaf-other inter", "2 0 1 inter", "its names other.test do not match mx.test, dest.test, canonical.test")] // nor does the common name count, beside others
    [InlineData("leaf-old inter", "2 0 1 inter", "expired")]
    [InlineData("leaf-early inter", "2 0 1 inter", "not yet valid")]
    [InlineData("leaf-old-inter old-inter", "2 0 1 old-inter", null)] // RFC 5280 section 6.1.1: a trust anchor has no dates
    [InlineData("leaf-old-inter old-inter root", "2 0 1 old-inter", null)]
    [InlineData("leaf-old-inter old-inter", "2 1 0 old-inter", null)]
    [InlineData("leaf-old-inter old-inter root", "2 0 1 root", "expired")]
    [InlineData("leaf-old-root old-root", "2 0 1 old-root", "expired")]
    [InlineData("leaf-client inter", "2 0 1 inter", "NotValidForUsage")]
    [InlineData("leaf-no-authority no-authority root", "2 1 1 root", "InvalidBasicConstraints")]
    [InlineData("leaf-no-authority no-authority", "2 1 1 no-authority", "InvalidBasicConstraints")]
    // Nothing but the record says whose signature it is.
    [InlineData("forged inter", "2 0 1 inter", "NotSignatureValid")]
    [InlineData("forged inter root", "2 1 1 inter", "NotSignatureValid")]
    [InlineData("forged inter root", "2 1 1 root", "NotSignatureValid")]
    [InlineData("forged", "2 0 0 inter", "NotSignatureValid")]
    [InlineData("forged", "2 1 0 inter", "in the TLSA records")]
    [InlineData("forged-root", "2 0 0 root", "NotSignatureValid")]
    [InlineData("leaf-forged-inter forged-inter", "2 0 0 root", "NotSignatureValid")]
    [InlineData("leaf-forged-inter forged-inter root", "2 0 1 root", "NotSignatureValid")]
    // RFC 7671 section 5.2.2: what stands whole in the record need not be sent.
    [InlineData("leaf", "2 0 0 inter", null)]
    [InlineData("leaf", "2 1 0 inter", null)]
    [InlineData("leaf inter", "2 0 0 root", null)]
    [InlineData("leaf inter", "2 1 0 root", null)]
    [InlineData("leaf", "2 0 0 root", "in the TLSA records")] // the one between is missing
    [InlineData("leaf", "2 1 0 root", "in the TLSA records")]
    [InlineData("leaf inter", "2 1 0 other-root", "in the TLSA records")]
    [InlineData("leaf inter", "2 0 0 other-root", "")]
    [InlineData("leaf", "2 0 1 inter", "in the TLSA records")] // a digest is no certificate
    [InlineData("leaf-other", "2 1 0 inter", "do not match")]
    // Any record will do.
    [InlineData("leaf inter", "3 1 1 self, 2 1 1 inter", null)]
    [InlineData("leaf-other inter", "2 1 1 inter, 3 1 1 leaf-other", null)]
    [InlineData("leaf inter", "3 1 1 self, 3 0 1 self, 2 1 1 other-root", "in the TLSA records")]
    [InlineData("leaf inter", "2 1 0 other-root, 2 1 0 root", null)]
    public void The_rest_of_the_chain_must_be_right(string chain, string records, string? trouble)
    {
        DaneVerdict verdict = Judge(chain, records);
        if (trouble is null)
            Assert.Null(verdict.Trouble);
        else
            Assert.Contains(trouble, verdict.Trouble, StringComparison.Ordinal);
        Assert.Equal(trouble is null || verdict.Trouble!.Contains("do not match", StringComparison.Ordinal), verdict.IsTrusted);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void A_chain_is_not_longer_than_the_limit(int limit, bool matches) => Assert.Equal(matches, Judge("leaf inter", "2 0 1 inter", limit).Trouble is null);

    [Theory] // records, digests, those of use in the order in which they are tried
    [InlineData("0 0 1 leaf, 1 0 1 leaf, 4 0 1 leaf, 255 0 1 leaf", "2 1", "")] // RFC 7672 section 3.1.3
    [InlineData("3 2 1 leaf, 3 255 1 leaf, 3 1 3 leaf, 3 1 255 leaf", "2 1", "")]
    [InlineData("3 1 1 leaf, 0 0 1 leaf", "2 1", "3 1 1")]
    [InlineData("3 1 1 leaf, 3 1 2 leaf", "2 1", "3 1 2")] // RFC 7671 section 9
    [InlineData("3 1 1 leaf, 3 1 2 leaf", "1 2", "3 1 1")]
    [InlineData("3 1 1 leaf, 3 1 2 leaf", "1", "3 1 1")]
    [InlineData("3 1 1 leaf, 3 1 2 leaf, 3 1 0 leaf", "2 1", "3 1 2, 3 1 0")]
    [InlineData("3 1 1 leaf, 3 0 2 leaf, 2 0 1 inter, 2 0 2 inter", "2 1", "3 1 1, 3 0 2, 2 0 2")]
    [InlineData("2 0 1 inter, 3 0 1 leaf", "2 1", "3 0 1, 2 0 1")]
    [InlineData("3 1 2 leaf", "1", "")]
    [InlineData("3 1 0 leaf, 3 1 1 leaf", "", "3 1 0")]
    public void Records_of_use(string records, string digests, string want) =>
        Assert.Equal(want, string.Join(", ", TlsaSet.Usable(Records(records), [.. Words(digests).Select(byte.Parse)]).Select(static r => $"{r.Usage} {r.Selector} {r.MatchingType}")));

    [Theory] // association data that cannot be any
    [InlineData(1, "")]
    [InlineData(1, "00112233")]
    [InlineData(2, "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(0, "")]
    [InlineData(0, "3003020101")]
    [InlineData(0, "30820122300D06092A864886F7")]
    public void Damaged_records_are_of_no_use(byte type, string hex)
    {
        foreach (byte selector in (byte[])[0, 1])
            Assert.Empty(TlsaSet.Usable([new TlsaRecord("_25._tcp.mx.test", 60, 3, selector, type, Convert.FromHexString(hex))], [2, 1]));
        byte[] trailing = [.. DaneCertificates.Data("leaf", type == 0 ? 0 : 1, 0), 0];
        Assert.Empty(TlsaSet.Usable([new TlsaRecord("_25._tcp.mx.test", 60, 3, (byte)(type == 0 ? 0 : 1), 0, trailing)], [2, 1]));
    }

    internal static List<TlsaRecord> Records(string text) => [.. text.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(static record =>
    {
        string[] words = Words(record);
        byte[] numbers = [.. words.Take(3).Select(static word => byte.Parse(word, CultureInfo.InvariantCulture))];
        return new TlsaRecord("_25._tcp.mx.test", 60, numbers[0], numbers[1], numbers[2], DaneCertificates.Data(words[3], Math.Min((int)numbers[1], 1), numbers[2]));
    })];

    private static DaneVerdict Judge(string chain, string records, int limit = 9)
    {
        X509Certificate2[] shown = [.. Words(chain).Select(static name => X509CertificateLoader.LoadCertificate(DaneCertificates.Named(name).RawData))];
        TlsaSet tlsa = new("mx.test", s_names, TlsaSet.Usable(Records(records), [2, 1]));
        return new DaneVerification(tlsa, limit).Judge(shown[0], [.. shown.Skip(1)]);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
