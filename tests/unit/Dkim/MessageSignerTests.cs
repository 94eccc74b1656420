using System.Text;
using System.Text.RegularExpressions;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Dkim;

/// <summary>Which mail is signed, how the signature looks, and what MimeKit says of it.</summary>
public sealed class MessageSignerTests : IDisposable
{
    private const string Plain = "Received: by x\nFrom: Joe <joe@football.example.com>\nSubject: Dinner\nTo: a@b.test\n\nHi  there \n\n\n";

    private readonly DkimScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_signature_says_what_it_covers()
    {
        string field = Text(Assert.Single(Sign("keys.test = 'DIR/rsa.pem'", Plain)));
        Assert.Equal("v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com; s=test; t=1528637909; "
            + "h=From:From:Reply-To:Subject:Subject:Date:To:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding; bh=", Regex.Replace(field, @"\r\n(?=\s)|(?<=:)\r\n ", "")
            .Replace(": ", ":", StringComparison.Ordinal)["DKIM-Signature:".Length..].Split("bh=")[0] + "bh=");
        Assert.All(field.Split("\r\n"), static line => Assert.InRange(line.Length, 1, 78));
        Assert.EndsWith("=", field);
    }

    [Theory] // The author's domain decides, and those above it
    [InlineData("From: joe@football.example.com", true)]
    [InlineData("FROM : <joe@FootBall.Example.COM>", true)]
    [InlineData("From: joe@new.york.football.example.com", true)]
    [InlineData("From:\n \"a, b\" (c)\n <joe@football.example.com>", true)]
    [InlineData("From: joe@football.example.com, other@elsewhere.test", true)]
    [InlineData("From: other@elsewhere.test, joe@football.example.com", false)]
    [InlineData("From: joe@example.com", false)]
    [InlineData("From: joe@xfootball.example.com", false)]
    [InlineData("From: joe", false)]
    [InlineData("From:", false)]
    [InlineData("From joe@football.example.com", false)]
    [InlineData("X-From: joe@football.example.com", false)]
    [InlineData("Sender: joe@football.example.com", false)]
    [InlineData("From: MAILER-DAEMON@mail.football.example.com (Mail Delivery System)", true)] // a notice
    public void Whose_mail_is_signed(string from, bool isSigned) => Assert.Equal(isSigned ? 2 : 0, DkimScene.Sign(_scene.Both(), $"{from}\nSubject: s\n\ntext\n").Count);

    [Fact]
    public void A_domain_in_another_script_is_the_one_that_the_DNS_has()
    {
        Signing signing = _scene.Signing("[dkim.'bücher.example']\nkeys.s = 'DIR/ed.pem'");
        string from = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("From: a@Bücher.example"));
        Assert.Equal("xn--bcher-kva.example", Assert.Single(DkimScene.Sign(signing, $"{from}\n\n")).Domain);
        Assert.Single(DkimScene.Sign(signing, "From: a@xn--bcher-kva.example\n\n"));
    }

    [Theory] // Not twice with the same key; another domain's or selector's signature does not count
    [InlineData("DKIM-Signature: v=1; d=football.example.com; s=test; b=", "brisbane")]
    [InlineData("dkim-signature: v=1; a=rsa-sha256;\n\td = Football.example.com ;\n\ts = TEST; b=", "brisbane")]
    [InlineData("DKIM-Signature: v=1; d=football.example.com; s=other; b=", "test brisbane")]
    [InlineData("DKIM-Signature: v=1; d=example.com; s=test; b=", "test brisbane")]
    [InlineData("DKIM-Signature: no tags", "test brisbane")]
    [InlineData("DKIM-Signature: d=football.example.com; s=test\nDKIM-Signature: d=football.example.com; s=brisbane", "")]
    public void Signed_mail_is_not_signed_twice(string field, string selectors) =>
        Assert.Equal(selectors, string.Join(' ', DkimScene.Sign(_scene.Both(), $"{field}\n{Plain}").Select(static signature => signature.Selector)));

    [Fact]
    public void What_is_not_signed_is_not_read_to_its_end()
    {
        using MessageSigner signer = new(_scene.Both());
        DkimScene.Feed("From: a@elsewhere.test\n", signer.Add);
        Assert.False(signer.IsOver);
        DkimScene.Feed("\n", signer.Add);
        Assert.True(signer.IsOver);
        using MessageSigner other = new(_scene.Both());
        DkimScene.Feed("From: a@football.example.com\n\n", other.Add);
        Assert.False(other.IsOver);
    }

    [Fact]
    public void A_key_that_is_gone_is_told_with_its_place()
    {
        string path = _scene.File("gone.pem", DkimScene.EdPem);
        Signing signing = _scene.Signing("[dkim.'football.example.com']\nkeys.s = 'DIR/gone.pem'\n");
        System.IO.File.Delete(path);
        SigningException e = Assert.Throws<SigningException>(() => DkimScene.Sign(signing, Plain));
        Assert.Contains("main.toml:3:10: dkim.\"football.example.com\".keys.s: open ", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsOfMessage);
        Assert.Empty(DkimScene.Sign(signing, Plain.Replace("football", "other", StringComparison.Ordinal)));
        _scene.File("gone.pem", DkimScene.EdPem);
        Assert.Single(DkimScene.Sign(signing, Plain));
    }

    [Theory]
    [InlineData(1, 600_000)]
    [InlineData(2000, 10)]
    public void A_header_without_end_takes_bounded_memory(int fields, int length)
    {
        string header = string.Concat(Enumerable.Repeat($"To: {new string('x', length)}\n {new string('y', length)}\n", fields));
        Assert.True(Assert.Throws<SigningException>(() => DkimScene.Sign(_scene.Both(), $"From: a@football.example.com\n{header}\ntext")).IsOfMessage);
        // Fields that are not signed do not count.
        Assert.Equal(2, DkimScene.Sign(_scene.Both(), $"From: a@football.example.com\n{header.Replace("To:", "X:", StringComparison.Ordinal)}\ntext").Count);
    }

    [Fact]
    public void MimeKit_finds_the_signatures_good()
    {
        Random random = new(1);
        string[] forms = ["", "canonicalization = 'simple'", "canonicalization = 'relaxed/simple'", "canonicalization = 'simple/relaxed'", "identity = 'joe@sub.football.example.com'",
            "headers = 'from to subject date'", "headers = 'From'\noversign = []"];
        for (int i = 0; i < 300; i++)
        {
            string message = SomeMessage(random);
            Signing signing = _scene.Both(forms[i % forms.Length]);
            string signed = DkimScene.Signed(signing, message, random.Next(2) == 0 ? random : null);
            Assert.Equal((true, true), Verdicts(signed));
            // Whatever is changed of what is signed is noticed.
            Assert.Equal((false, false), Verdicts(signed.Replace("\r\nFrom:", "\r\nFrom: x", StringComparison.Ordinal)));
            Assert.Equal((false, false), Verdicts($"{signed}more\r\n"));
        }
    }

    [Fact]
    public void A_field_that_is_added_is_noticed()
    {
        string signed = DkimScene.Signed(_scene.Both(), Plain);
        Assert.Equal((true, true), Verdicts($"X-Other: y\r\n{signed}"));
        foreach (string name in PostfixNet.Configuration.DkimRule.UsualOversigned)
            Assert.Equal((false, false), Verdicts($"{name}: x\r\n{signed}"));
    }

    // Of a kind that MimeKit writes as it reads it.
    private static string SomeMessage(Random random)
    {
        StringBuilder text = new();
        string[] names = ["To", "Cc", "X-Any", "Subject", "Reply-To", "date", "MESSAGE-ID", "List-Id", "Comments"];
        int from = random.Next(4);
        for (int i = 0; i < 6; i++)
        {
            if (i == from)
                text.Append("From: Joe  SixPack <joe@football.example.com>\n");
            text.Append(names[random.Next(names.Length)]).Append(':').Append(Blanks(random)).Append(Word(random));
            while (random.Next(3) == 0)
                text.Append(random.Next(2) == 0 ? "\n " : "  \n\t").Append(Word(random)).Append(Blanks(random));
            text.Append('\n');
        }
        text.Append('\n');
        for (int lines = random.Next(8); lines > 0; lines--)
            text.Append(Blanks(random)).Append(random.Next(3) == 0 ? "" : Word(random)).Append(Blanks(random)).Append(Word(random)).Append(Blanks(random)).Append('\n');
        for (int empty = random.Next(3); empty > 0; empty--)
            text.Append('\n');
        return text.ToString();
    }

    private static string Blanks(Random random) => new string(' ', random.Next(3)) + new string('\t', random.Next(2));

    private static string Word(Random random) => new('w', random.Next(1, 30));

    private static (bool Rsa, bool Ed) Verdicts(string signed)
    {
        MimeMessage message = MimeMessage.Load(new MemoryStream(Encoding.Latin1.GetBytes(signed)));
        DkimVerifier verifier = new(new Keys());
        verifier.Enable(DkimSignatureAlgorithm.Ed25519Sha256);
        // RFC 8463's example has a short one.
        verifier.MinimumRsaKeyLength = 1024;
        Header[] fields = [.. message.Headers.Where(static header => header.Id == HeaderId.DkimSignature)];
        Assert.Equal(2, fields.Length);
        return (verifier.Verify(message, fields[0]), verifier.Verify(message, fields[1]));
    }

    private IReadOnlyList<MessageSignature> Sign(string table, string message) => DkimScene.Sign(_scene.Signing($"[dkim.'football.example.com']\n{table}\n"), message);

    private static string Text(MessageSignature signature) => Encoding.ASCII.GetString(signature.Field);

    private sealed class Keys : IDkimPublicKeyLocator
    {
        public AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => selector switch
        {
            "test" => PublicKeyFactory.CreateKey(Convert.FromBase64String(DkimScene.RsaPublic)),
            "brisbane" => new Ed25519PublicKeyParameters(Convert.FromBase64String(DkimScene.EdPublic)),
            _ => throw new InvalidOperationException(selector),
        };

        public Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            Task.FromResult(LocatePublicKey(methods, domain, selector, cancellationToken));
    }
}
