using System.Security.Cryptography;
using System.Text;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Each mechanism against the example of its specification, and against servers that do not keep to it.</summary>
public sealed class MechanismTests
{
    private const string Sha1Nonce = "fyko+d2lbbFgONRv9qkxdawL";
    private const string Sha1First = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
    private const string Sha256Nonce = "rOprNGfwEbeRWgbNEkqO";

    [Fact] // RFC 4616 section 4
    public void Plain() => Assert.Equal("\0tim\0tanstaaftanstaaf", Text(new PlainMechanism("tim", "tanstaaftanstaaf").InitialResponse));

    [Fact]
    public void Login_answers_two_questions_and_no_third()
    {
        LoginMechanism login = new("tim", "tanstaaf");
        Assert.Null(login.InitialResponse);
        Assert.Equal("tim", Text(login.Respond(Bytes("Username:"))));
        Assert.Equal("tanstaaf", Text(login.Respond(Bytes("Password:"))));
        Assert.Throws<SaslException>(() => login.Respond(Bytes("Password:")));
    }

    [Fact] // RFC 2195 section 2
    public void CramMd5()
    {
        CramMd5Mechanism cram = new("tim", "tanstaaftanstaaf");
        Assert.Equal("tim b913a602c7eda7a495b4e6e7334d3890", Text(cram.Respond(Bytes("<1896.697170952@postoffice.reston.mci.net>"))));
        Assert.Throws<SaslException>(() => cram.Respond(Bytes("<another>")));
    }

    [Fact] // RFC 5802 section 5
    public void ScramSha1()
    {
        ScramMechanism scram = Sha1();
        Assert.Equal("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", Text(scram.InitialResponse));
        Assert.Equal("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", Text(scram.Respond(Bytes(Sha1First))));
        Assert.Empty(scram.Respond(Bytes("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")));
        scram.Complete();
    }

    [Fact] // RFC 7677 section 3
    public void ScramSha256()
    {
        ScramMechanism scram = new(HashAlgorithmName.SHA256, "user", "pencil", ScramBinding.None, [], Sha256Nonce);
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Text(scram.InitialResponse));
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            Text(scram.Respond(Bytes("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))));
        Assert.Empty(scram.Respond(Bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
        scram.Complete();
    }

    [Theory] // RFC 5802 section 6: the flag is part of what both sides sign
    [InlineData("None", "n,,", "biws")]
    [InlineData("NotOffered", "y,,", "eSws")]
    [InlineData("ServerEndPoint", "p=tls-server-end-point,,", "cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQID")]
    public void Scram_says_what_it_binds_to(string binding, string header, string bound)
    {
        ScramMechanism scram = new(HashAlgorithmName.SHA1, "user", "pencil", Enum.Parse<ScramBinding>(binding), [1, 2, 3], Sha1Nonce);
        Assert.StartsWith(header + "n=user,", Text(scram.InitialResponse), StringComparison.Ordinal);
        Assert.StartsWith($"c={bound},r=", Text(scram.Respond(Bytes(Sha1First))), StringComparison.Ordinal);
    }

    [Fact]
    public void Scram_escapes_the_name() => Assert.Equal("n,,n=a=2Cb=3Dc,r=x", Text(
        new ScramMechanism(HashAlgorithmName.SHA256, "a,b=c", "", ScramBinding.None, [], "x").InitialResponse));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096")] // adds nothing to our nonce
    [InlineData("r=3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")] // not ours
    [InlineData("m=x,r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096")] // a mandatory extension
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=,i=4096")]
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=?,i=4096")]
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4095")] // too easy
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=2000001")] // too hard
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=99999999999")]
    [InlineData("r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=-5000")]
    [InlineData("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")]
    public void Scram_refuses_a_bad_first_message(string challenge) => Assert.Throws<SaslException>(() => Sha1().Respond(Bytes(challenge)));

    [Theory]
    [InlineData("v=AAAApqV8S7suAoZWja4dJRkFsKQ=")]
    [InlineData("v=rmF9")]
    [InlineData("v=")]
    [InlineData("v=?")]
    [InlineData("e=invalid-proof")]
    [InlineData("")]
    [InlineData(Sha1First)]
    public void Scram_refuses_a_server_that_does_not_know_the_password(string final)
    {
        ScramMechanism scram = Sha1();
        scram.Respond(Bytes(Sha1First));
        Assert.Throws<SaslException>(() => scram.Respond(Bytes(final)));
        Assert.Throws<SaslException>(scram.Complete);
    }

    [Fact]
    public void Scram_is_not_complete_without_the_servers_signature()
    {
        ScramMechanism scram = Sha1();
        Assert.Throws<SaslException>(scram.Complete);
        scram.Respond(Bytes(Sha1First));
        Assert.Throws<SaslException>(scram.Complete);
    }

    [Fact] // Google's description of XOAUTH2
    public void XOAuth2()
    {
        XOAuth2Mechanism mechanism = new("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        Assert.Equal(
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
            Convert.ToBase64String(mechanism.InitialResponse));
        Assert.Empty(mechanism.Respond(Bytes("""{"status":"401"}""")));
    }

    [Fact] // RFC 7628 section 4.1
    public void OAuthBearer()
    {
        OAuthBearerMechanism mechanism = new("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143);
        Assert.Equal(
            "n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001",
            Text(mechanism.InitialResponse));
        Assert.Equal("AQ==", Convert.ToBase64String(mechanism.Respond(Bytes("""{"status":"invalid_token"}"""))));
    }

    private static ScramMechanism Sha1() => new(HashAlgorithmName.SHA1, "user", "pencil", ScramBinding.None, [], Sha1Nonce);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
