using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Dns;
using PostfixNet.Native;
using PostfixNet.Service;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Dkim;

/// <summary>The tables [dkim."DOMAIN"], the keys in their files, and the records of them in the DNS.</summary>
public sealed class DkimTablesTests : IDisposable
{
    private readonly DkimScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory] // What is wrong is refused at its place
    [InlineData("dkim = 1", "1:8: dkim: an integer is not accepted")]
    [InlineData("[dkim]\n'a.test' = 1", "2:12: dkim.\"a.test\": an integer is not accepted")]
    [InlineData("[dkim.'a b']\nkeys.s = '/k'", "1:1: dkim.\"a b\": is not a domain")]
    [InlineData("[dkim.'a.test']", "1:1: dkim.\"a.test\": there is no key to sign with")]
    [InlineData("[dkim.a.test]\nkeys.s = '/k'", "1:9: dkim.\"a\": unknown table \"test\"")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\n[dkim.'A.test']\nkeys.s = '/k'", "3:1: dkim.\"A.test\": occurs twice")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nselector = 's'", "3:1: dkim.\"a.test\": unknown key \"selector\"; known are keys,")]
    [InlineData("[dkim.'a.test']\nkeys = '/k'", "2:8: dkim.\"a.test\".keys: a string is not accepted")]
    [InlineData("[dkim.'a.test']\nkeys.s = 'k.pem'", "2:10: dkim.\"a.test\".keys.s: \"k.pem\" is not a path from the root")]
    [InlineData("[dkim.'a.test']\nkeys.'s s' = '/k'", "2:14: dkim.\"a.test\".keys.s s: is no selector")]
    [InlineData("[dkim.'a.test']\nkeys.s.t = '/k'", "dkim.\"a.test\".keys.s: is a table; a selector with dots needs quotes")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nkeys.S = '/k'", "3:10: dkim.\"a.test\".keys.S: occurs twice")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nheaders = ['To']", "3:11: dkim.\"a.test\".headers: From must be among them")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nheaders = ['From', 'a b']", "3:11: dkim.\"a.test\".headers: \"a b\" is not the name")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nheaders = 'From a;b'", "3:11: dkim.\"a.test\".headers: \"a;b\" is not the name")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nheaders = ['From', 'Received']", "headers: Received is not accepted")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nheaders = ['From']\noversign = ['To']", "4:12: dkim.\"a.test\".oversign: To is not among the headers")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\ncanonicalization = 'nofws'", "3:20: dkim.\"a.test\".canonicalization: \"nofws\" is not accepted")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nidentity = '@b.test'", "3:12: dkim.\"a.test\".identity: \"@b.test\" is not accepted")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nidentity = 'a.test'", "identity: \"a.test\" is not accepted")]
    [InlineData("[dkim.'a.test']\nkeys.s = '/k'\nidentity = 'x;y@a.test'", "identity: \"x;y@a.test\" is not accepted")]
    public void What_is_wrong_has_its_place(string toml, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => MainConfig.FromText(toml).Validate());
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_says_what_is_signed()
    {
        DkimRules rules = _scene.Config("[dkim.'Example.COM']\nkeys = { S1 = '/$mail_owner/a', 's2.x' = '/b' }\nheaders = 'From To'\ncanonicalization = 'simple'\nidentity = 'x@y.Example.com'").Dkim;
        DkimRule rule = Assert.Single(rules.All);
        Assert.Equal(("example.com", "simple/simple", "x@y.example.com"), (rule.Domain, rule.Canonicalization, rule.Identity));
        Assert.Equal([("s1", "/postfix/a"), ("s2.x", "/b")], rule.Keys.Select(static key => (key.Selector, key.File)));
        Assert.Equal(["From", "To"], rule.Headers);
        Assert.Equal(["From", "To"], rule.Oversigned);
        Assert.Same(rule, rules.For("deep.below.EXAMPLE.com"));
        Assert.Null(rules.For("com"));
        Assert.Null(rules.For(""));
        Assert.Null(rules.For("[192.0.2.1]"));
    }

    [Theory] // Keys that cannot be used: "master check" finds them
    [InlineData("nothing here", "there is no private key in PEM format")]
    [InlineData("", "there is no private key in PEM format")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "there is no private key, but \"PUBLIC KEY\"")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "protected by a password")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "the key cannot be used")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMAUCAQAwAA==\n-----END PRIVATE KEY-----\n", "the key cannot be used")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "the key cannot be used")]
    public void A_bad_key_is_refused(string file, string problem)
    {
        _scene.File("bad.pem", file);
        Signing signing = _scene.Signing("[dkim.'a.test']\nkeys.s = 'DIR/bad.pem'");
        ConfigurationException e = Assert.Throws<ConfigurationException>(signing.Examine);
        Assert.Contains("main.toml:3:10: dkim.\"a.test\".keys.s: " + _scene.Directory + "/bad.pem: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_key_is_refused()
    {
        using System.Security.Cryptography.RSA key = System.Security.Cryptography.RSA.Create(512);
        Assert.Contains("512 bits", Assert.Throws<FormatException>(() => DkimKey.FromPem(key.ExportPkcs8PrivateKeyPem())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_odd_about_a_key_is_told()
    {
        FileSystem.ChangeMode(_scene.Directory + "/rsa.pem", 0x1A4 /* 0644 */);
        FileSystem.ChangeMode(_scene.Directory + "/ed.pem", 0x180 /* 0600 */);
        MainConfig config = _scene.Config("[dkim.'a.test']\nkeys.s = 'DIR/rsa.pem'\nkeys.t = 'DIR/ed.pem'");
        Signing.Read(config, "smtp")!.Examine();
        Assert.Equal(2, config.Remarks.Count);
        Assert.Contains("an RSA key of 1024 bits can be broken", config.Remarks[0], StringComparison.Ordinal);
        Assert.Contains("main.toml:3:10: dkim.\"a.test\".keys.s: every user can read", config.Remarks[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ed25519")]
    public void A_new_key_is_read_back(string kind)
    {
        using DkimKey key = kind == "rsa" ? DkimKey.NewRsa(2048) : DkimKey.NewEd25519();
        using DkimKey again = DkimKey.FromPem(key.ToPem());
        byte[] hash = new byte[32];
        Assert.Equal((kind, $"{kind}-sha256", Convert.ToHexString(key.PublicKey), Convert.ToHexString(key.Sign(hash))),
            (again.Kind, again.Algorithm, Convert.ToHexString(again.PublicKey), Convert.ToHexString(again.Sign(hash))));
    }

    [Fact] // RFC 6376 section 3.6.2.2: the strings of a record are put together with nothing between them
    public void A_record_is_cut_into_strings()
    {
        using DkimKey key = DkimKey.NewRsa(4096);
        string text = DkimRecord.TextOf(key), line = DkimRecord.ZoneLine("s._domainkey.a.test", text);
        string[] strings = [.. line.Split('"').Where(static (_, i) => i % 2 == 1)];
        Assert.StartsWith("s._domainkey.a.test. IN TXT ( \"v=DKIM1; k=rsa; p=MII", line, StringComparison.Ordinal);
        Assert.Equal(text, string.Concat(strings));
        Assert.Equal(3, strings.Length);
        Assert.All(strings, static part => Assert.InRange(part.Length, 1, 255));
        Assert.Null(DkimRecord.Problem(text, key));
    }

    [Theory] // RFC 6376 section 3.6.1, RFC 8463 section 4; the key is that of RFC 8463
    [InlineData("v=DKIM1; k=ed25519; p=" + DkimScene.EdPublic, "ok", "")]
    [InlineData("k = ed25519 ; p=" + DkimScene.EdPublic + ";", "ok", "")]
    [InlineData("v=DKIM1; k=ed25519; h=sha1:sha256; s=email; n=a note; p=" + DkimScene.EdPublic, "ok", "")]
    [InlineData("v=DKIM1; k=ed25519; t=y; p=" + DkimScene.EdPublic, "warning", "the flag \"y\"")]
    [InlineData("v=DKIM1; k=ed25519; t=s; p=" + DkimScene.EdPublic, "warning", "the flag \"s\"")]
    [InlineData("k=ed25519; v=DKIM1; p=" + DkimScene.EdPublic, "error", "does not begin with")]
    [InlineData("v=DKIM2; k=ed25519; p=" + DkimScene.EdPublic, "error", "does not begin with")]
    [InlineData("v=DKIM1; p=" + DkimScene.EdPublic, "error", "kind \"rsa\", and the key is ed25519")]
    [InlineData("v=DKIM1; k=ed25519; p=", "error", "revoked")]
    [InlineData("v=DKIM1; k=ed25519", "error", "has no key")]
    [InlineData("v=DKIM1; k=ed25519; p=AAAA", "error", "another key")]
    [InlineData("v=DKIM1; k=ed25519; p=A A", "error", "not base64")]
    [InlineData("v=DKIM1; k=ed25519; h=sha1; p=" + DkimScene.EdPublic, "error", "SHA-256")]
    [InlineData("v=DKIM1; k=ed25519; s=tlsrpt; p=" + DkimScene.EdPublic, "error", "not for mail")]
    [InlineData("v=DKIM1; k=ed25519; k=ed25519; p=" + DkimScene.EdPublic, "error", "not a list of tags")]
    [InlineData("hello", "error", "not a list of tags")]
    [InlineData("v=DKIM1; k=ed25519; ", "error", "has no key")]
    public void What_receivers_find(string record, string status, string why)
    {
        FakeResolver names = new();
        names.Texts("s._domainkey.a.test", record);
        Fact[] facts = Facts(names);
        Assert.Equal((status, "s._domainkey.a.test"), (facts[0].Name, facts[0].Value));
        Assert.Contains(why, facts[0].Because, StringComparison.Ordinal);
        if (status == "error")
            Assert.Equal(new Fact("record", "s._domainkey.a.test", "v=DKIM1; k=ed25519; p=" + DkimScene.EdPublic), facts[1]);
        else
            Assert.Single(facts);
    }

    [Fact]
    public void No_record_two_records_no_answer_no_key()
    {
        FakeResolver names = new();
        names.Fails("s._domainkey.a.test", DnsType.Txt, DnsStatus.NotFound);
        Assert.Equal(("error", "record"), (Facts(names)[0].Name, Facts(names)[1].Name));
        names.Fails("s._domainkey.a.test", DnsType.Txt, DnsStatus.TryAgain);
        Assert.Equal("unknown", Assert.Single(Facts(names)).Name);
        names.Texts("s._domainkey.a.test", "a=b", "c=d");
        Assert.Contains("there are 2 TXT records", Facts(names)[0].Because, StringComparison.Ordinal);
        File.Delete(_scene.Directory + "/ed.pem");
        Assert.Contains("open ", Assert.Single(Facts(names)).Because, StringComparison.Ordinal);
    }

    [Theory] // Not by LMTP, unless that is wanted
    [InlineData("smtp", "", true)]
    [InlineData("relay", "", true)]
    [InlineData("lmtp", "", false)]
    [InlineData("lmtp", "lmtp_dkim_signing = true", true)]
    [InlineData("smtp", "smtp_dkim_signing = false", false)]
    public void Which_services_sign(string service, string toml, bool signs) =>
        Assert.Equal(signs, Signing.Read(_scene.Config($"{toml}\n[dkim.'a.test']\nkeys.s = 'DIR/ed.pem'"), service) is not null);

    [Fact]
    public void Mail_whose_key_is_gone_waits_and_other_mail_goes()
    {
        const string Table = "[dkim.'origin.test']\nkeys.s = 'DIR/GONE'\n";
        ChangedParameters.SmtpScene scene = new() { Content = ["From: sf@origin.test", "", "text"], Second = "{}", NextHop = "two.test:PORT" };
        string seen = scene.Play(Table);
        Assert.Contains("dsn=4.7.0, status=deferred (mail system configuration error: the message cannot be signed (DKIM))", seen, StringComparison.Ordinal);
        Assert.Contains("dkim.\"origin.test\".keys.s: open ", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("From:", seen, StringComparison.Ordinal);
        // No other server is asked for what is our own fault.
        Assert.DoesNotContain("b.test", seen, StringComparison.Ordinal);
        seen = (scene with { Content = ["From: sf@elsewhere.test", "", "text"] }).Play(Table);
        Assert.Contains("status=sent", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("DKIM", seen, StringComparison.Ordinal);
    }

    [Fact] // The signature goes in front of what is sent, and covers what was made of it
    public void What_is_made_of_a_message_on_its_way_is_signed()
    {
        ChangedParameters.SmtpScene scene = new() { Content = ["From: sf@inside.test", "MIME-Version: 1.0", "Content-Transfer-Encoding: 8bit", "", "caf\u00e9 " + new string('x', 1200)], Script = """{"ext": []}""" };
        string seen = scene.Play("smtp_generic_maps = { '@inside.test' = '@origin.test' }\n[dkim.'origin.test']\nkeys.s = 'DIR/KEY'\n");
        Assert.Contains("(s=s, d=origin.test)", seen, StringComparison.Ordinal);
        string message = seen[seen.IndexOf("DKIM-Signature: v=1", StringComparison.Ordinal)..];
        string sent = message[(message.IndexOf("\r\nFrom:", StringComparison.Ordinal) + 2)..];
        Assert.Contains("caf=E9", sent, StringComparison.Ordinal);
        // Of that text, as it was sent, with the time that the signature has.
        long time = long.Parse(System.Text.RegularExpressions.Regex.Match(message, "t=([0-9]+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        string content = sent[..(sent.LastIndexOf("x\r\n", StringComparison.Ordinal) + 1)];
        using MessageSigner signer = new(_scene.Signing("[dkim.'origin.test']\nkeys.s = 'DIR/ed.pem'"));
        DkimScene.Feed(content.Replace("\r\n", "\n", StringComparison.Ordinal), signer.Add);
        Assert.StartsWith(System.Text.Encoding.ASCII.GetString(Assert.Single(signer.Finish(time)).Field), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_tables_there_is_nothing() => Assert.Null(Signing.Read(_scene.Config(""), "smtp"));

    [Fact]
    public void The_settings_are_shown()
    {
        SettingList settings = _scene.Config("[dkim.'a.test']\nkeys.s = '/k'\nidentity = '@a.test'").AllSettings();
        Assert.Equal([("a.test", "signed: selector s, key /k; relaxed/relaxed; identity @a.test")], settings.Signing());
        Assert.DoesNotContain(settings.All(), static setting => setting.Name == "dkim");
        Assert.Equal(["dkim"], settings.ChangesSince(_scene.Config("").AllSettings()));
    }

    private Fact[] Facts(FakeResolver names) =>
        [.. RecordFacts.Of(_scene.Config("[dkim.'a.test']\nkeys.s = 'DIR/ed.pem'\nidentity = '@x.a.test'"), names, "a.test")];
}
