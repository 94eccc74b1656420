using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Login;
using PostfixNet.Native;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Login;

/// <summary>What main.toml says of logins at the server. That each parameter matters: SmtpdSaslRows.</summary>
public sealed class AuthoritySettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("smtpd_sasl_type = 'cyrus'", "main.toml:1:19: smtpd_sasl_type: Cyrus SASL is not supported; ")]
    [InlineData("smtpd_sasl_type = 'dovecot'", "smtpd_sasl_path: is not set; give the socket")]
    [InlineData("", "smtpd_sasl_password_file: is not set, and there are no users without; ")]
    [InlineData("smtpd_sasl_password_file = 'users'", "main.toml:1:28: smtpd_sasl_password_file: \"users\" is not a path from the root; ")]
    [InlineData("smtpd_sasl_password_file = '/nowhere/users'", "main.toml:1:28: smtpd_sasl_password_file: open /nowhere/users: No such file or directory")]
    [InlineData("smtpd_sasl_type = 'dovecot'\nsmtpd_sasl_path = 'x'\nsmtpd_sasl_mechanism_filter = '/etc/filter'", "main.toml:3:31: smtpd_sasl_mechanism_filter: \"/etc/filter\" is not supported; ")]
    [InlineData("smtpd_sasl_type = 'dovecot'\nsmtpd_sasl_path = 'x'\nsmtpd_sasl_security_options = 'noplain'", "main.toml:3:31: smtpd_sasl_security_options: \"noplain\"")]
    public void What_cannot_be_is_refused_at_its_line(string toml, string want) =>
        Assert.Contains(want, Assert.Throws<ConfigurationException>(() => AuthoritySettings.Read(MainConfig.FromText(toml))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_bad_line_of_the_password_file_is_named()
    {
        string path = _directory.File("users", "user:secret\n"u8);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => AuthoritySettings.Read(MainConfig.FromText($"smtpd_sasl_password_file = '{path}'")));
        Assert.StartsWith($"main.toml:1:28: smtpd_sasl_password_file: {path}:1: no verifier; ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_everybody_can_read_is_remarked()
    {
        string path = _directory.File("users", Encoding.UTF8.GetBytes($"user:{VerifierTests.Pencil}\n"));
        FileSystem.ChangeMode(path, 0b110_100_100);
        MainConfig config = MainConfig.FromText($"smtpd_sasl_password_file = '{path}'");
        _ = AuthoritySettings.Read(config);
        Assert.Contains($"every user can read the verifiers in {path}", Assert.Single(config.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Off_the_loop_by_default()
    {
        string path = _directory.File("users", Encoding.UTF8.GetBytes($"user:{VerifierTests.Pencil}\n"));
        LoginAuthority authority = AuthoritySettings.Read(MainConfig.FromText($"smtpd_sasl_password_file = '{path}'"))
            .Open(static _ => { }, static () => throw new InvalidOperationException("nobody asks Dovecot"));
        OneThread.Run(async () =>
        {
            int thread = Environment.CurrentManagedThreadId;
            using LoginExchange exchange = (await authority.BeginAsync("PLAIN", LoginScene.Plain))!;
            ValueTask<LoginStep> step = exchange.StepAsync("\0user\0pencil"u8.ToArray());
            Assert.False(step.IsCompleted);
            Assert.Equal("+ user", LoginScene.Words(await step));
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
        });
    }

    [Fact]
    public void A_change_that_makes_no_sense_is_warned_of()
    {
        string path = _directory.File("users", Encoding.UTF8.GetBytes($"user:{VerifierTests.Pencil}\n"));
        List<string> warnings = [];
        LoginAuthority authority = AuthoritySettings.Read(MainConfig.FromText($"smtpd_sasl_password_file = '{path}'")).Open(warnings.Add, static () => default, static check => new(check()));
        File.WriteAllText(path, "nonsense");
        Assert.Equal("+ user", LoginScene.Try(authority, "PLAIN", LoginScene.Plain, "\0user\0pencil"));
        Assert.EndsWith("; the users of before hold", Assert.Single(warnings), StringComparison.Ordinal);
    }
}
