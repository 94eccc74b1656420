using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

/// <summary>Domains in every spelling.</summary>
public sealed class DomainNameTests
{
    [Theory] // UTS 46, non-transitional
    [InlineData("example.com", "example.com")]
    [InlineData("Example.COM", "Example.COM")]
    [InlineData("example.com.", "example.com")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("B\u00dcCHER.Example", "xn--bcher-kva.example")]
    [InlineData("b\u00fccher.example.", "xn--bcher-kva.example")]
    [InlineData("b\u00fccher\u3002example", "xn--bcher-kva.example")]
    [InlineData("b\u00fccher\uff0eexample\uff61", "xn--bcher-kva.example")]
    [InlineData("bu\u0308cher.example", "xn--bcher-kva.example")] // as some file systems spell it
    [InlineData("bu\u0308\u00adcher\u200b.example", "xn--bcher-kva.example")]
    [InlineData("\uff42\u00fc\uff23her.example", "xn--bcher-kva.example")]
    [InlineData("stra\u00dfe.example", "xn--strae-oqa.example")]
    [InlineData("STRA\u1e9eE.example", "xn--strae-oqa.example")]
    [InlineData("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com", "xn--mgba3gch31f060k.com")] // a joiner that has a meaning
    [InlineData("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah")]
    [InlineData("\u1112\u1161\u11ab.example", "xn--6q8b.example")] // Hangul in parts
    [InlineData("\u0391\u03a3.example", "xn--mxa0b.example")]
    [InlineData("\U0001f4a9.la", "xn--ls8h.la")]
    [InlineData("xn--bcher-kva.\u00fc", "xn--bcher-kva.xn--tda")]
    public void Has_one_spelling_in_the_DNS(string domain, string want) => Assert.Equal(want, DomainName.ToAscii(domain));

    [Theory]
    [InlineData("\u00fc..example")]
    [InlineData("-\u00fc-.-")]
    [InlineData("\u00fc b.example")]
    public void What_cannot_be_a_name_has_none(string domain) => Assert.Null(DomainName.ToAscii(domain));

    [Fact]
    public void Long_labels_have_none() => Assert.Null(DomainName.ToAscii(new string('\u00fc', 70) + ".example"));

    [Theory]
    [InlineData("u@b\u00fccher.example", "u@xn--bcher-kva.example")]
    [InlineData("u@x.example", "u@x.example")]
    [InlineData("\u00fc@x.example", null)]
    [InlineData("\u00fc@b\u00fccher.example", null)]
    [InlineData("\u00fc", null)]
    public void Addresses_need_SMTPUTF8_for_their_local_part_alone(string address, string? want) => Assert.Equal(want, DomainName.ToAsciiAddress(address));
}
