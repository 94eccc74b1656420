using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Dkim;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Tables, keys, records and messages of DKIM.</summary>
public sealed class DkimFuzzTests
{
    [Fact]
    public void Any_table_is_read_or_refused_at_its_place()
    {
        new Fuzzer(((string[])
        [
            "[dkim.\"example.com\"]\nkeys.s1 = \"/a\"\nkeys.s2 = \"/b\"\nheaders = [\"From\", \"To\"]\noversign = \"From\"\ncanonicalization = \"relaxed/simple\"\nidentity = \"a@b.example.com\"\n",
            "[dkim]\n\"a.test\" = { keys = { s = \"/k\" } }\n",
        ]).Select(Encoding.Latin1.GetBytes), "keys", "headers", "oversign", "identity", "canonicalization", "=", "\"", ".", "[dkim.\"", "\n", "{", "}", "From", "@", "/")
        { BaseBytes = 4 << 20, BytesPerOctet = 1024 }.Run((input, _) =>
        {
            try
            {
                DkimRules rules = MainConfig.FromText(Encoding.Latin1.GetString(input)).Dkim;
                Assert.All(rules.All, static rule => Assert.NotEmpty(rule.Keys));
            }
            catch (ConfigurationException e)
            {
                Assert.StartsWith("main.toml:", e.Message, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void Any_record_and_any_file_has_an_answer()
    {
        using DkimKey key = DkimKey.FromPem(DkimScene.EdPem);
        new Fuzzer(((string[])[DkimRecord.TextOf(key), DkimScene.RsaPem, DkimScene.EdPem, "v=DKIM1; h=sha1:sha256; s=*:email; t=y:s; p="]).Select(Encoding.Latin1.GetBytes),
            ";", "=", "v=DKIM1", "k=rsa", "p=", "t=s", "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----").Run((input, _) =>
        {
            string text = Encoding.Latin1.GetString(input);
            if (DkimRecord.Problem(text, key) is null)
                Assert.Contains(DkimScene.EdPublic, string.Concat(text.Split(' ', '\t', '\r', '\n')), StringComparison.Ordinal);
            Assert.True(DkimRecord.Remark(text, "@x.a.test", "a.test") is null or { Length: > 0 });
            try
            {
                DkimKey.FromPem(text).Dispose();
            }
            catch (FormatException)
            {
            }
        });
    }

    [Fact]
    public void Any_message_is_signed_the_same_however_it_is_cut()
    {
        using DkimScene scene = new();
        Signing[] signing = [scene.Signing(Table("")), scene.Signing(Table("canonicalization = 'simple'"))];
        new Fuzzer(((string[])
        [
            "From: Joe <joe@football.example.com>\nSubject: a\n  b\nTo: x@y\nTo: z\n\nbody \n\n",
            "DKIM-Signature: v=1; d=football.example.com;\n s=brisbane; b=\nFrom: a@football.example.com\n\n",
            "From : <a@sub.football.example.com>\nSubject:\n\n\n\n",
        ]).Select(Encoding.Latin1.GetBytes), "\n", "\n\n", "From: a@football.example.com\n", " ", "\t", "\r", ":", "DKIM-Signature: ", "d=football.example.com; ", "s=brisbane; ")
        { BaseBytes = 1 << 20, BytesPerOctet = 1024 }.Run((input, random) =>
        {
            string message = Encoding.Latin1.GetString(input);
            Signing which = signing[random.Next(2)];
            string[] whole = Fields(which, message, null), cut = Fields(which, message, random);
            Assert.Equal(whole, cut);
            Assert.All(whole, static field => Assert.All(field.Split("\r\n"), static line => Assert.InRange(line.Length, 1, 78)));
        });
        static string Table(string more) => $"[dkim.'football.example.com']\nkeys.brisbane = 'DIR/ed.pem'\n{more}\n";
    }

    private static string[] Fields(Signing signing, string message, Random? cut)
    {
        try
        {
            return [.. DkimScene.Sign(signing, message, cut).Select(static signature => Encoding.ASCII.GetString(signature.Field))];
        }
        catch (SigningException e) when (e.IsOfMessage)
        {
            return [];
        }
    }
}
