using System.Globalization;
using System.Net;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>smtpd_sasl_type = "dovecot": Dovecot knows the users and the mechanisms.</summary>
internal sealed class DovecotAuthority(AuthoritySettings settings, DovecotConnection connection) : LoginAuthority
{
    public override async ValueTask<IReadOnlyList<string>> MechanismsAsync(LoginClient client)
    {
        // While it is away, clients are told to try again later rather than that they cannot log in here.
        IReadOnlyList<DovecotMechanism> known = (await connection.SessionAsync())?.Mechanisms ?? connection.LastMechanisms ?? [];
        SecurityOptions demands = settings.DemandsOn(client);
        return MechanismFilter.Apply(settings.MechanismFilter, [.. known.Where(mechanism => (mechanism.Offers & demands) == demands).Select(static mechanism => mechanism.Name)]);
    }

    public override async ValueTask<LoginExchange?> BeginAsync(string mechanism, LoginClient client)
    {
        string? name = (await MechanismsAsync(client)).FirstOrDefault(offered => offered.Equals(mechanism, StringComparison.OrdinalIgnoreCase));
        return name is null ? null : new DovecotExchange(connection, name,
            $"service={PrintableText.Of(settings.Service)}\tnologin{Address("lip", client.ServerAddress)}{Address("rip", client.ClientAddress)}{(client.IsEncrypted ? "\tsecured" : "")}");
    }

    // Clients of a Unix-domain socket have none.
    private static string Address(string field, string text) => IPAddress.TryParse(text, out _) ? $"\t{field}={text}" : "";
}

/// <summary>One login: what the client says goes to Dovecot, what Dovecot says goes to the client.</summary>
/// <param name="parameters">Of the request, after the mechanism.</param>
internal sealed class DovecotExchange(DovecotConnection connection, string mechanism, string parameters) : LoginExchange
{
    // No mechanism has as many.
    private const int MostSteps = 20;

    private DovecotSession? _session;
    private uint _id;
    private int _steps;
    private bool _isOpen;

    private protected override async ValueTask<LoginStep> NextAsync(byte[]? response)
    {
        if (++_steps > MostSteps)
            return new LoginStep.Failed("too many steps") { IsTemporary = true };
        DovecotReply? reply = _session is null ? await BeginAsync(response)
            : await _session.AskAsync(_id, string.Create(CultureInfo.InvariantCulture, $"CONT\t{_id}\t{Convert.ToBase64String(response ?? [])}"));
        if (reply?.Verb is "OK" or "FAIL" || _session is null or { IsBroken: true })
            _isOpen = false;
        return reply switch
        {
            { Verb: "CONT" } => Base64Line.TryDecode(reply.Fields is [var text, ..] ? text : "") is { } octets ? new LoginStep.Challenge(octets)
                : Temporary("a challenge of Dovecot that is not understood"),
            { Verb: "OK" } => reply.Value("user") is { Length: > 0 } user ? new LoginStep.Done(PrintableText.Of(user)) : Temporary("Dovecot names no user"),
            { Verb: "FAIL" } => Failed(reply),
            _ => Temporary(_session is { IsBroken: false } ? "Dovecot does not answer in time" : "Connection lost to authentication server"),
        };
    }

    private async ValueTask<DovecotReply?> BeginAsync(byte[]? initial)
    {
        // "=" is a response that is there and empty (RFC 4954 section 4).
        string response = initial is null ? "" : $"\tresp={(initial.Length == 0 ? "=" : Convert.ToBase64String(initial))}";
        DovecotSession? earlier = null;
        while (true)
        {
            _session = await connection.SessionAsync();
            if (_session is null || _session == earlier)
                return null;
            _id = _session.NewId();
            _isOpen = true;
            DovecotReply? reply = await _session.AskAsync(_id, string.Create(CultureInfo.InvariantCulture, $"AUTH\t{_id}\t{mechanism}\t{parameters}{response}"));
            // A connection that was left over from before may have ended just now, with Dovecot started anew: once more, with one of today.
            if (reply is not null || !_session.IsBroken || earlier is not null)
                return reply;
            earlier = _session;
        }
    }

    private static LoginStep.Failed Failed(DovecotReply reply)
    {
        string code = reply.Value("code") ?? "", reason = PrintableText.Of(reply.Value("reason") ?? "");
        bool isTemporary = code == "temp_fail" || reply.Fields.Contains("temp");
        string why = reason.Length > 0 ? reason
            : code.Length > 0 ? PrintableText.Of(code)
            : isTemporary ? "temporary failure of Dovecot"
            : reply.Fields.FirstOrDefault(static field => field is "authz" or "user_disabled" or "pass_expired") ?? "authentication failure";
        return new LoginStep.Failed(why) { IsTemporary = isTemporary, User = PrintableText.Of(reply.Value("user") ?? ""), Explanation = reason };
    }

    private static LoginStep.Failed Temporary(string reason) => new(reason) { IsTemporary = true };

    private protected override void LetGo()
    {
        if (_isOpen)
            _session?.Cancel(_id);
        _isOpen = false;
    }
}
