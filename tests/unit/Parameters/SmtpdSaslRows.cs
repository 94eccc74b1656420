using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Login;
using PostfixNet.UnitTests.Login;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters that say who may log in at the SMTP server.</summary>
public sealed class SmtpdSaslRows
{
    private const string Dovecot = "smtpd_sasl_type = 'dovecot'\nsmtpd_sasl_path = 'private/auth'";

    internal static readonly Row[] All =
    [
        new("smtpd_sasl_type", "'dovecot'", Logins, "dovecot: private/auth") { With = "smtpd_sasl_path = 'private/auth'" },
        new("smtpd_sasl_type", "'cyrus'", Logins, "Cyrus SASL is not supported; give \"file\""),
        new("smtpd_sasl_path", "'unix:/run/auth'", Logins, "dovecot: /run/auth\n") { With = "smtpd_sasl_type = 'dovecot'" },
        new("smtpd_sasl_password_file", "'/nowhere/users'", Logins, "open /nowhere/users: No such file or directory"),
        new("smtpd_sasl_password_file", "''", Logins, "is not set, and there are no users without"),
        new("smtpd_sasl_security_options", "'noplaintext'", Logins, "without TLS: SCRAM-SHA-256\n"),
        new("smtpd_sasl_tls_security_options", "'noplaintext'", Logins, "with TLS: SCRAM-SHA-256-PLUS SCRAM-SHA-256\n"),
        new("smtpd_sasl_local_domain", "'example.com'", Logins, "bank: + bank@example.com") { Hides = "bank: - no such user" },
        new("smtpd_sasl_service", "'submission'", Logins, "\tservice=submission\t") { Hides = "\tservice=smtp\t", With = Dovecot },
        new("smtpd_sasl_mechanism_filter", "'plain, login'", Logins, "without TLS: PLAIN LOGIN\n"),
    ];

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    // What is offered, and what becomes of a login.
    private static string Logins(string toml)
    {
        StringBuilder seen = new();
        OneThread.Run(async () =>
        {
            using TemporaryDirectory directory = new();
            string file = directory.File("users", Encoding.UTF8.GetBytes($"bank@example.com:{VerifierTests.Pencil}\n"));
            using FakeDovecot dovecot = new(async talk =>
            {
                await talk.GreetAsync();
                seen.Append(await talk.LineAsync()).Append('\n');
                await talk.SayAsync("OK\t1\tuser=x\n");
            });
            AuthoritySettings settings;
            try
            {
                settings = AuthoritySettings.Read(Row.Config($"smtpd_sasl_password_file = '{file}'", toml));
            }
            catch (ConfigurationException e)
            {
                seen.Append(e.Message);
                return;
            }
            seen.Append("dovecot: ").Append(settings.DovecotPath).Append('\n');
            LoginAuthority authority = settings.Open(static _ => { }, dovecot.ConnectAsync);
            seen.Append("without TLS: ").AppendJoin(' ', await authority.MechanismsAsync(LoginScene.Plain)).Append('\n');
            seen.Append("with TLS: ").AppendJoin(' ', await authority.MechanismsAsync(LoginScene.Tls)).Append('\n');
            using LoginExchange? login = await authority.BeginAsync("PLAIN", LoginScene.Tls);
            if (login is not null)
                seen.Append("bank: ").Append(LoginScene.Words(await login.StepAsync("\0bank\0pencil"u8.ToArray())));
        });
        return seen.ToString();
    }
}
