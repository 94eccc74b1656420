using PostfixNet.Configuration;
using PostfixNet.Login;
using PostfixNet.Net;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Which mechanism is used: the server's offer, the filter, the security options, what the login has.</summary>
public sealed class MechanismChoiceTests
{
    private const string Everything =
        "XOAUTH2 OAUTHBEARER LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS GSSAPI EXTERNAL ANONYMOUS";

    [Theory] // S3-40
    [InlineData(Everything, "", true, "SCRAM-SHA-256-PLUS")]
    [InlineData(Everything, "", false, "SCRAM-SHA-256")]
    [InlineData("PLAIN SCRAM-SHA-1-PLUS SCRAM-SHA-1", "", true, "SCRAM-SHA-1-PLUS")]
    [InlineData("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1", "", false, "SCRAM-SHA-1")]
    [InlineData("LOGIN PLAIN CRAM-MD5", "", false, "CRAM-MD5")]
    [InlineData("LOGIN PLAIN", "", false, "PLAIN")]
    [InlineData("LOGIN GSSAPI", "", false, "LOGIN")]
    [InlineData("GSSAPI EXTERNAL ANONYMOUS XOAUTH2", "", false, null)]
    [InlineData("LOGIN PLAIN", "noplaintext", true, null)]
    [InlineData(Everything, "noplaintext", false, "SCRAM-SHA-256")]
    [InlineData("LOGIN PLAIN CRAM-MD5", "noplaintext", true, "CRAM-MD5")]
    [InlineData("LOGIN PLAIN CRAM-MD5", "noanonymous", true, "CRAM-MD5")]
    [InlineData("LOGIN PLAIN CRAM-MD5", "noactive", true, null)]
    [InlineData("LOGIN PLAIN CRAM-MD5", "mutual_auth", true, null)]
    [InlineData(Everything, "noplaintext noactive noanonymous mutual_auth", false, "SCRAM-SHA-256")]
    [InlineData(Everything, "nodictionary", true, null)]
    [InlineData(Everything, "forward_secrecy", true, null)]
    public void Best_mechanism_for_a_password(string offered, string options, bool canBind, string? want) =>
        Assert.Equal(want, MechanismKind.Choose(offered.Split(' '), Demands(options), hasToken: false, canBind)?.Name);

    [Theory]
    [InlineData(Everything, "noanonymous", "OAUTHBEARER")]
    [InlineData("PLAIN XOAUTH2", "", "XOAUTH2")]
    [InlineData("PLAIN LOGIN SCRAM-SHA-256", "", null)]
    [InlineData(Everything, "noplaintext", null)]
    [InlineData(Everything, "nodictionary", "OAUTHBEARER")]
    public void Best_mechanism_for_a_token(string offered, string options, string? want) =>
        Assert.Equal(want, MechanismKind.Choose(offered.Split(' '), Demands(options), hasToken: true, canBind: true)?.Name);

    [Theory] // a downgrade is told: "y" only where the server offers no -PLUS, "n" where we may not bind
    [InlineData("SCRAM-SHA-256", "SCRAM-SHA-256", true, "y,,")]
    [InlineData("SCRAM-SHA-256", "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", true, "n,,")]
    [InlineData("SCRAM-SHA-256", "SCRAM-SHA-256", false, "n,,")]
    [InlineData("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", true, "p=tls-server-end-point,,")]
    public void Channel_binding_flag(string use, string offered, bool canBind, string want)
    {
        MechanismKind kind = MechanismKind.Choose([use], SecurityOptions.None, hasToken: false, canBind)!;
        byte[] first = kind.Start("u", "p", new SmtpPeer("h", "192.0.2.1", 25), canBind ? [7] : null, offered.Split(' ')).InitialResponse!;
        Assert.StartsWith(want, System.Text.Encoding.ASCII.GetString(first), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "PLAIN LOGIN", "PLAIN LOGIN")]
    [InlineData("plain", "PLAIN LOGIN", "PLAIN")]
    [InlineData("!plain static:all", "PLAIN LOGIN CRAM-MD5", "LOGIN CRAM-MD5")]
    [InlineData("!gssapi, !external, static:rest", "GSSAPI EXTERNAL LOGIN", "LOGIN")]
    [InlineData("!plain", "PLAIN LOGIN", "")]
    [InlineData("plain !plain", "PLAIN", "PLAIN")]
    [InlineData("scram-sha-256", "SCRAM-SHA-256-PLUS", "")]
    public void Filter(string filter, string offered, string want)
    {
        IReadOnlyList<string> items = MainConfig.FromText($"smtp_sasl_mechanism_filter = \"{filter}\"").Get(Parameters.SmtpSaslMechanismFilter);
        Assert.Equal(want, string.Join(' ', MechanismFilter.Apply(items, offered.Split(' '))));
    }

    [Theory]
    [InlineData("smtp_sasl_mechanism_filter = \"texthash:/etc/filter\"", "smtp_sasl_mechanism_filter")]
    [InlineData("smtp_sasl_mechanism_filter = \"/etc/filter\"", "smtp_sasl_mechanism_filter")]
    [InlineData("smtp_sasl_tls_security_options = \"nonsense\"", "smtp_sasl_tls_security_options")]
    public void What_cannot_be_is_refused_by_name(string line, string name) => Assert.Contains(
        name, Assert.Throws<ConfigurationException>(() => Settings(line)).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_follow_one_another_as_in_Postfix()
    {
        LoginSettings settings = Settings("");
        Assert.Equal(SecurityOptions.NoPlaintext | SecurityOptions.NoAnonymous, settings.DemandsOn(null));
        Assert.Equal(settings.Demands, settings.DemandsOn(new FakeSecurity(true)));
        settings = Settings("smtp_sasl_tls_security_options = \"noanonymous\"");
        Assert.Equal(SecurityOptions.NoPlaintext | SecurityOptions.NoAnonymous, settings.DemandsOn(null));
        Assert.Equal(SecurityOptions.NoAnonymous, settings.DemandsOn(new FakeSecurity(false)));
        Assert.Equal(SecurityOptions.NoAnonymous, settings.DemandsOn(new FakeSecurity(true)));
        settings = Settings("smtp_sasl_tls_verified_security_options = []");
        Assert.Equal(SecurityOptions.NoPlaintext | SecurityOptions.NoAnonymous, settings.DemandsOn(new FakeSecurity(false)));
        Assert.Equal(SecurityOptions.None, settings.DemandsOn(new FakeSecurity(true)));
    }

    private static LoginSettings Settings(string line) => LoginSettings.Read(MainConfig.FromText(
        $"smtp_sasl_auth_enable = true\n{line}\n[smtp_sasl_password_maps]\n\"a\" = \"b:c\"\n"), "smtp");

    private static SecurityOptions Demands(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(
        SecurityOptions.None, (sum, word) => sum | Enum.Parse<SecurityOptions>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true));

    private sealed record FakeSecurity(bool IsPeerVerified) : IChannelSecurity
    {
        public string Protocol => "TLSv1.3";

        public string Cipher => "TLS_AES_256_GCM_SHA384";

        public bool IsResumed => false;

        public byte[]? ServerEndPoint => null;
    }

    [Theory]
    [InlineData("SCRAM-SHA-256", "", false, null)]
    [InlineData("SCRAM-SHA-256-PLUS", "", false, "needs TLS, with a certificate of the server")]
    [InlineData("PLAIN", "", false, "smtp_sasl_security_options or its kin for TLS demand noplaintext")]
    [InlineData("CRAM-MD5", "", false, "SCRAM-SHA-256 is better")]
    [InlineData("CRAM-MD5", "!cram-md5, static:rest", false, "smtp_sasl_mechanism_filter shuts it out")]
    [InlineData("XOAUTH2", "", false, "for tokens; the login has a password")]
    [InlineData("PLAIN", "", true, "for passwords; the login has a token")]
    [InlineData("GSSAPI", "", false, "not known here")]
    public void Why_a_mechanism_is_not_used(string name, string filter, bool hasToken, string? why) =>
        Assert.Equal(why, new MechanismChoice(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "GSSAPI", "XOAUTH2"], filter.Split(", ", StringSplitOptions.RemoveEmptyEntries),
            hasToken ? SecurityOptions.NoAnonymous : SecurityOptions.NoPlaintext | SecurityOptions.NoAnonymous, hasToken, canBind: false).WhyNot(name));
}
