using System.Security.Cryptography;
using System.Text;
using PostfixNet.Dkim;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Dkim;

/// <summary>The forms of RFC 6376 section 3.4, with its own examples and those of RFC 8463 appendix A.</summary>
public sealed class CanonicalizationTests
{
    [Theory]
    // Section 3.4.5, examples 1 to 3.
    [InlineData(true, " C \nD \t E\n\n\n", " C\r\nD E\r\n")]
    [InlineData(false, " C \nD \t E\n\n\n", " C \r\nD \t E\r\n")]
    // Sections 3.4.3 and 3.4.4.
    [InlineData(true, "", "")]
    [InlineData(false, "", "\r\n")]
    [InlineData(true, "\n\n\n", "")]
    [InlineData(false, "\n\n\n", "\r\n")]
    [InlineData(true, "a", "a\r\n")]
    [InlineData(false, "a", "a\r\n")]
    [InlineData(true, " \n\t\n", "")] // lines of blanks become empty ones
    [InlineData(false, " \n\n", " \r\n")]
    [InlineData(true, "a \t b\t\n\n \n\nc\n \n", "a b\r\n\r\n\r\n\r\nc\r\n")]
    [InlineData(false, "\n\na\n\nb\n\n", "\r\n\r\na\r\n\r\nb\r\n")]
    [InlineData(true, "a\rb \r\n", "a\rb \r\r\n")] // a CR alone is no blank
    [InlineData(false, "a\r\n", "a\r\r\n")]
    [InlineData(true, ".\n..\n", ".\r\n..\r\n")]
    [InlineData(true, "\v \f\n", "\v \f\r\n")]
    [InlineData(true, "  a\n", " a\r\n")]
    public void Bodies(bool relaxed, string body, string expected)
    {
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.Latin1.GetBytes(expected)));
        Assert.Equal(hash, HashOf(relaxed, body, null));
        // Wherever the pieces of a line end.
        for (int seed = 0; seed < 20; seed++)
            Assert.Equal(hash, HashOf(relaxed, body, new Random(seed)));
    }

    [Fact] // The hashes that sections 3.4.3 and 3.4.4 give for an empty body
    public void Hashes_of_nothing()
    {
        Assert.Equal("frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", HashOf(false, "", null));
        Assert.Equal("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", HashOf(true, "", null));
    }

    [Fact]
    public void A_body_of_any_length_takes_little_memory()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BodyHash body = new(true, hash);
        byte[] piece = new byte[100_000];
        piece.AsSpan().Fill((byte)'x');
        body.Add(piece, false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            body.Add(piece, endsLine: i % 3 == 0);
            body.Add([], endsLine: true);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    [Theory] // Section 3.4.5, and what section 3.4.2 says
    [InlineData("A: X", "a:X", "A: X")]
    [InlineData("B : Y\t\r\n\tZ  ", "b:Y Z", "B : Y\t\r\n\tZ  ")]
    [InlineData("Subject:", "subject:", "Subject:")]
    [InlineData("Subject: \t ", "subject:", "Subject: \t ")]
    [InlineData("SUBJect:a:b", "subject:a:b", "SUBJect:a:b")]
    [InlineData("X:\r\n  a\r\n  b", "x:a b", "X:\r\n  a\r\n  b")]
    [InlineData("X: a\rb", "x:a\rb", "X: a\rb")]
    [InlineData("X: a\nb", "x:a\nb", "X: a\nb")]
    [InlineData("X: \u00c9 ", "x:\u00c9", "X: \u00c9 ")]
    public void Headers(string field, string relaxed, string simple)
    {
        Assert.Equal(relaxed, FormOf(field, true));
        Assert.Equal(simple, FormOf(field, false));
    }

    // RFC 8463 appendix A.3, without the values of b=.
    private const string Message = "From: Joe SixPack <joe@football.example.com>\nTo: Suzie Q <suzie@shopping.example.net>\nSubject: Is dinner ready?\n"
        + "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\n\nHi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";

    private const string EdField = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
        + " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";

    private const string RsaField = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
        + " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";

    [Theory] // Both kinds of signature are the same each time
    [InlineData(true, EdField, "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==")]
    [InlineData(false, RsaField, "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=")]
    public void The_example_of_RFC_8463(bool isEd, string field, string expected)
    {
        HeaderSection header = new(static _ => true);
        bool inHeader = true;
        DkimScene.Feed(Message, (piece, ends) => inHeader = inHeader && header.Add(piece, ends));
        header.End();
        List<byte> signed = [];
        foreach (string name in (string[])["from", "to", "subject", "date", "message-id"])
        {
            Assert.Single(header.Fields, one => one.IsNamed(name)).AppendTo(signed, relaxed: true);
            signed.AddRange("\r\n"u8);
        }
        new HeaderField(Encoding.ASCII.GetBytes(field)).AppendTo(signed, relaxed: true);
        using DkimKey key = DkimKey.FromPem(isEd ? DkimScene.EdPem : DkimScene.RsaPem);
        Assert.Equal(expected, Convert.ToBase64String(key.Sign(SHA256.HashData([.. signed]))));
        Assert.Equal("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=", HashOf(true, Message[(Message.IndexOf("\n\n", StringComparison.Ordinal) + 2)..], null));
        Assert.Equal(isEd ? DkimScene.EdPublic : DkimScene.RsaPublic, Convert.ToBase64String(key.PublicKey));
    }

    private static string HashOf(bool relaxed, string body, Random? cut)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BodyHash form = new(relaxed, hash);
        DkimScene.Feed(body, form.Add, cut);
        return Convert.ToBase64String(form.Finish());
    }

    private static string FormOf(string field, bool relaxed)
    {
        List<byte> form = [];
        new HeaderField(Encoding.Latin1.GetBytes(field)).AppendTo(form, relaxed);
        return Encoding.Latin1.GetString([.. form]);
    }
}
