using PostfixNet.MtaSts;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>The TXT record, RFC 8461 section 3.1: what is expected follows from its grammar.</summary>
public sealed class StsRecordTests
{
    [Theory]
    [InlineData("v=STSv1; id=20160831085700Z;", "20160831085700Z")] // the RFC's own example
    [InlineData("v=STSv1;id=1", "1")]
    [InlineData("v=STSv1 ;\tid=1 ; ", "1")]
    [InlineData("v=STSv1; ext=a-b.c!; id=1", "1")]
    [InlineData("v=STSv1; id=1; id=2", "1")] // section 3.2: of repeated fields the first counts
    [InlineData("v=STSv1; id=12345678901234567890123456789012", "12345678901234567890123456789012")]
    [InlineData("v=STSv1; id=123456789012345678901234567890123", null)]
    [InlineData("v=STSv1; id=a-b", null)]
    [InlineData("v=STSv1; id=", null)]
    [InlineData("v=STSv1; ID=1", null)] // names are case-sensitive
    [InlineData("V=STSv1; id=1", null)]
    [InlineData("v=STSv2; id=1", null)]
    [InlineData("v=STSv10; id=1", null)]
    [InlineData("v=STSv1", null)]
    [InlineData("v=STSv1;", null)]
    [InlineData("v=STSv1;;", null)]
    [InlineData("v=STSv1; id=1; ; x=y", null)]
    [InlineData("v=STSv1; id=1;;", null)]
    [InlineData("v=STSv1; id=1 2", null)]
    [InlineData("v=STSv1; id=1; x", null)]
    [InlineData("v=STSv1; id=1; x=a=b", null)]
    [InlineData("v=STSv1; id=1; _x=a", null)]
    [InlineData(" v=STSv1; id=1", null)]
    [InlineData("id=1; v=STSv1", null)]
    [InlineData("", null)]
    public void A_record_is_read(string text, string? id) => Assert.Equal(id, StsRecord.IdIn([text]));

    // "If the number of resulting records is not one ... senders MUST assume the recipient domain does not have an available policy".
    [Fact]
    public void Of_several_records_none_counts_but_those_of_others_do_not_matter()
    {
        Assert.Null(StsRecord.IdIn(["v=STSv1; id=1", "v=STSv1; id=1"]));
        Assert.Null(StsRecord.IdIn(["v=STSv1; id=1", "v=STSv1; broken"]));
        Assert.Null(StsRecord.IdIn([]));
        Assert.Equal("1", StsRecord.IdIn(["v=spf1 -all", "v=STSv1; id=1", "anything"]));
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData("a_b.example", true)]
    [InlineData("Example.com", false)]
    [InlineData("example.com.", false)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("../../etc", false)]
    [InlineData("a/b", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("-a.example", false)]
    [InlineData("bücher.example", false)]
    public void Only_names_of_domains_are_asked_for_and_become_names_of_files(string domain, bool isUsable) => Assert.Equal(isUsable, StsDomain.IsUsable(domain));

    [Fact]
    public void A_domain_whose_record_could_not_be_asked_for_has_no_policy()
    {
        string label = new('a', 60);
        Assert.True(StsDomain.IsUsable($"{label}.{label}.{label}.{new string('a', 244 - 183)}"));
        Assert.False(StsDomain.IsUsable($"{label}.{label}.{label}.{new string('a', 245 - 183)}"));
    }
}
