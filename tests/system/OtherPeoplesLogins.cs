using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Login;

namespace PostfixNet.SystemTests;

/// <summary>Logins with what others wrote: a client that is not ours, a Dovecot that decides.</summary>
public sealed class OtherPeoplesLogins
{
    private static readonly LoginClient s_client = new() { ClientAddress = "192.0.2.1", ServerAddress = "192.0.2.25", IsEncrypted = true };

    [PeerTheory(needsRoot: false)]
    [InlineData("SCRAM-SHA-256", "shop", "sésame, ouvre-toi", "+ shop")]
    [InlineData("SCRAM-SHA-256", "a,b=c", "=,", "+ a,b=c")]
    [InlineData("SCRAM-SHA-256", "shop", "sesame", "- wrong password")]
    [InlineData("SCRAM-SHA-256", "nobody", "sesame", "- no such user, or none with a SCRAM verifier")]
    [InlineData("PLAIN", "shop", "sésame, ouvre-toi", "+ shop")]
    [InlineData("PLAIN", "shop", "sesame", "- wrong password")]
    [InlineData("LOGIN", "shop", "sésame, ouvre-toi", "+ shop")]
    [InlineData("LOGIN", "nobody", "sesame", "- no such user")]
    public void GnuSaslLogsIn(string mechanism, string user, string password, string want)
    {
        using TemporaryDirectory directory = new();
        PasswordFile.Set(directory["users"], "shop", "sésame, ouvre-toi", crypted: false, group: null);
        PasswordFile.Set(directory["users"], "a,b=c", "=,", crypted: false, group: null);
        using LoginServer server = new(AuthoritySettings.Read(MainConfig.FromText($"smtpd_sasl_password_file = '{directory["users"]}'")).Open(static _ => { }, static () => default));
        CommandResult result = Command.Run(Path.Combine(Peer.Packages, "usr/bin/gsasl"),
            ["--smtp", $"--connect=127.0.0.1:{server.Port}", $"--mechanism={mechanism}", $"--authentication-id={user}", "--authorization-id=", $"--password={password}", "--no-starttls"],
            input: [], ("LD_LIBRARY_PATH", Path.Combine(Peer.Packages, "usr/lib/x86_64-linux-gnu")), ("LC_ALL", "C.UTF-8"));
        Assert.True(server.Ends is [var end] && end == want, $"{string.Join(", ", server.Ends)}; gsasl: {result}");
        // It has seen that the server knows its password, too.
        Assert.Equal(want[0] == '+', result.Status == 0);
    }

    [PeerTheory]
    [InlineData("noanonymous", "PLAIN LOGIN SCRAM-SHA-256")]
    [InlineData("noanonymous, noplaintext", "SCRAM-SHA-256")]
    public void DovecotOffers(string demands, string want)
    {
        int port = Ports.Take("127.0.0.1");
        using Peer peer = Servers.StartDovecotForLogins(new TemporaryDirectory(), port);
        LoginAuthority authority = Dovecot(port, demands, static _ => { });
        peer.During(() => Assert.Equal(want, string.Join(' ', authority.MechanismsAsync(s_client).AsTask().Result)));
    }

    [PeerTheory]
    [InlineData("noanonymous")]
    public void DovecotDecides(string demands)
    {
        int port = Ports.Take("127.0.0.1");
        List<string> warnings = [];
        LoginAuthority authority = Dovecot(port, demands, warnings.Add);
        Assert.Empty(authority.MechanismsAsync(s_client).AsTask().Result);
        Assert.Contains("refused", Assert.Single(warnings), StringComparison.Ordinal);

        // Twice: the connection of before is gone with the first.
        for (int i = 0; i < 2; i++)
        {
            using Peer peer = Servers.StartDovecotForLogins(new TemporaryDirectory(), port);
            peer.During(() =>
            {
                Assert.Equal("+ shop", Try(authority, "PLAIN", "\0shop\0sesame"));
                Assert.Equal("- authentication failure (shop)", Try(authority, "PLAIN", "\0shop\0Sesame"));
                Assert.Equal("- authentication failure (nobody)", Try(authority, "PLAIN", "\0nobody\0sesame"));
                Assert.Equal("+ shop", Try(authority, "PLAIN", null, "\0shop\0sesame"));
                Assert.Equal("+ shop", Try(authority, "LOGIN", null, "shop", "sesame"));
                Assert.Equal("+ shop", Try(authority, "LOGIN", "shop", "sesame"));
                Assert.Equal("- authentication failure (shop)", Try(authority, "LOGIN", null, "shop", "x"));
                Assert.StartsWith("? ", Try(authority, "LOGIN", [null]), StringComparison.Ordinal); // given up: Dovecot goes on
                Assert.Equal("+ shop", Scram(authority, "sesame"));
                Assert.Equal("- authentication failure (shop)", Scram(authority, "Sesame"));
                Assert.Equal("- authentication failure", Try(authority, "PLAIN", "nonsense"));
                Assert.Null(authority.BeginAsync("EXTERNAL", s_client).AsTask().Result);
            });
        }
        Assert.Single(warnings);
    }

    private static LoginAuthority Dovecot(int port, string demands, Action<string> warn) =>
        AuthoritySettings.Read(MainConfig.FromText($"smtpd_sasl_type = 'dovecot'\nsmtpd_sasl_path = 'private/auth'\nsmtpd_sasl_security_options = '{demands}'\n"))
            .Open(warn, () => LoginServer.ConnectAsync(port));

    private static string Try(LoginAuthority authority, string mechanism, params string?[] responses)
    {
        using LoginExchange exchange = authority.BeginAsync(mechanism, s_client).AsTask().Result!;
        string words = "";
        foreach (string? response in responses)
            words = Words(Next(exchange, response is null ? null : Encoding.UTF8.GetBytes(response)));
        return words;
    }

    // A client that knows its part of RFC 5802.
    private static string Scram(LoginAuthority authority, string password)
    {
        HashAlgorithmName hash = HashAlgorithmName.SHA256;
        using LoginExchange exchange = authority.BeginAsync("SCRAM-SHA-256", s_client).AsTask().Result!;
        string nonce = Login.Scram.NewNonce();
        string first = Words(Next(exchange, Encoding.ASCII.GetBytes($"n,,n=shop,r={nonce}")))[2..];
        string[] fields = first.Split(',');
        Assert.StartsWith($"r={nonce}", fields[0], StringComparison.Ordinal);
        byte[] salted = Login.Scram.SaltedPassword(hash, password, Convert.FromBase64String(fields[1][2..]), int.Parse(fields[2][2..], System.Globalization.CultureInfo.InvariantCulture));
        byte[] key = Login.Scram.ClientKey(hash, salted), signed = Encoding.ASCII.GetBytes($"n=shop,r={nonce},{first},c=biws,{fields[0]}");
        LoginStep step = Next(exchange, Encoding.ASCII.GetBytes($"c=biws,{fields[0]},p={Convert.ToBase64String(Login.Scram.Xor(key, Login.Scram.Sign(hash, Login.Scram.Hash(hash, key), signed)))}"));
        if (step is not LoginStep.Challenge)
            return Words(step);
        Assert.Equal($"? v={Convert.ToBase64String(Login.Scram.Sign(hash, Login.Scram.ServerKey(hash, salted), signed))}", Words(step));
        return Words(Next(exchange, []));
    }

    private static LoginStep Next(LoginExchange exchange, byte[]? response) => exchange.StepAsync(response).AsTask().Result;

    private static string Words(LoginStep step) => step switch
    {
        LoginStep.Challenge challenge => $"? {Encoding.UTF8.GetString(challenge.Octets)}",
        LoginStep.Done done => $"+ {done.User}",
        LoginStep.Failed { User: "" } failed => $"- {failed.Reason}",
        LoginStep.Failed failed => $"- {failed.Reason} ({failed.User})",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
