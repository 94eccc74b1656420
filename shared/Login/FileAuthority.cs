namespace PostfixNet.Login;

/// <summary>smtpd_sasl_type = "file": users are those of smtpd_sasl_password_file.</summary>
/// <param name="offLoop">Runs a check that takes milliseconds of computing, where nobody waits for it.</param>
internal sealed class FileAuthority(AuthoritySettings settings, PasswordFile file, Func<Func<bool>, ValueTask<bool>> offLoop) : LoginAuthority
{
    private const string Scram = "SCRAM-SHA-256", ScramPlus = "SCRAM-SHA-256-PLUS", Plain = "PLAIN", Login = "LOGIN";

    public override ValueTask<IReadOnlyList<string>> MechanismsAsync(LoginClient client) => new(Offered(client));

    public override ValueTask<LoginExchange?> BeginAsync(string mechanism, LoginClient client)
    {
        List<string> offered = Offered(client);
        return new(offered.Find(name => name.Equals(mechanism, StringComparison.OrdinalIgnoreCase)) switch
        {
            ScramPlus => new ScramExchange(file, settings.LocalDomain, client, bindsChannel: true, couldBind: true),
            Scram => new ScramExchange(file, settings.LocalDomain, client, bindsChannel: false, couldBind: offered.Contains(ScramPlus)),
            Plain => new PlainExchange(Check),
            Login => new LoginExchangeOfTwo(Check),
            _ => null,
        });
    }

    private PasswordCheck Check => new(file, settings.LocalDomain, offLoop);

    private List<string> Offered(LoginClient client)
    {
        SecurityOptions demands = settings.DemandsOn(client);
        List<string> offered = [];
        if (file.Table().HasScram && (SecurityOptionWords.OfScram & demands) == demands)
        {
            if ((client.ServerEndPoint ?? client.Exporter) is not null)
                offered.Add(ScramPlus);
            offered.Add(Scram);
        }
        if ((SecurityOptionWords.OfPassword & demands) == demands)
            offered.AddRange(Plain, Login);
        return MechanismFilter.Apply(settings.MechanismFilter, offered);
    }
}
