using System.Security.Cryptography;
using System.Text;
using PostfixNet.Login;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Login;

/// <summary>Logins against the password file, with each mechanism.</summary>
public sealed class FileAuthorityTests : IDisposable
{
    private readonly LoginScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("", false, "SCRAM-SHA-256 PLAIN LOGIN")]
    [InlineData("", true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN")]
    [InlineData("NoPlaintext", true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256")]
    [InlineData("NoAnonymous", false, "SCRAM-SHA-256 PLAIN LOGIN")]
    [InlineData("NoDictionary", true, "")]
    [InlineData("MutualAuth", false, "SCRAM-SHA-256")]
    [InlineData("ForwardSecrecy", true, "")]
    public void Mechanisms_that_offer_what_is_demanded(string demands, bool isEncrypted, string want)
    {
        SecurityOptions options = demands.Length == 0 ? SecurityOptions.None : Enum.Parse<SecurityOptions>(demands);
        using LoginScene scene = new(new AuthoritySettings { Demands = isEncrypted ? SecurityOptions.NoPlaintext : options, TlsDemands = isEncrypted ? options : SecurityOptions.ForwardSecrecy });
        Assert.Equal(want, string.Join(' ', LoginScene.Now(scene.Authority.MechanismsAsync(isEncrypted ? LoginScene.Tls : LoginScene.Plain))));
    }

    [Theory]
    [InlineData("!plain, static:rest", "SCRAM-SHA-256-PLUS SCRAM-SHA-256 LOGIN")]
    [InlineData("PLAIN", "PLAIN")]
    public void Mechanisms_that_the_filter_lets_through(string filter, string want)
    {
        using LoginScene scene = new(new AuthoritySettings { MechanismFilter = filter.Split(", ") });
        Assert.Equal(want, string.Join(' ', LoginScene.Now(scene.Authority.MechanismsAsync(LoginScene.Tls))));
        Assert.Equal("no such mechanism", scene.Try(want.Contains("LOGIN", StringComparison.Ordinal) ? "PLAIN" : "LOGIN", LoginScene.Tls));
    }

    [Fact]
    public void Without_tls_there_is_nothing_to_bind_to()
    {
        Assert.Equal("no such mechanism", _scene.Try("SCRAM-SHA-256-PLUS", LoginScene.Plain));
        Assert.Equal("no such mechanism", _scene.Try("CRAM-MD5", LoginScene.Plain));
    }

    [Fact]
    public void Scram_is_for_those_who_have_its_verifiers()
    {
        using LoginScene scene = new(users: "crypt:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5\n");
        Assert.Equal("PLAIN LOGIN", string.Join(' ', LoginScene.Now(scene.Authority.MechanismsAsync(LoginScene.Tls))));
        Assert.Equal("+ crypt", scene.Try("plain", LoginScene.Plain, "\0crypt\0Hello world!"));
    }

    [Theory] // RFC 4616
    [InlineData("\0user\0pencil", "+ user")]
    [InlineData("user\0user\0pencil", "+ user")]
    [InlineData("\0crypt\0Hello world!", "+ crypt")]
    [InlineData("\0bank@example.com\0pencil", "+ bank@example.com")]
    [InlineData("\0user\0Pencil", "- wrong password (user)")]
    [InlineData("\0crypt\0Hello world", "- wrong password (crypt)")]
    [InlineData("\0User\0pencil", "- no such user (User)")]
    [InlineData("\0bank\0pencil", "- no such user (bank)")]
    [InlineData("root\0user\0pencil", "- wants the rights of another user (user)")]
    [InlineData("\0us\ner\0pencil", "- no such user (us?er)")]
    [InlineData("\0user\0", "- malformed PLAIN response, malformed")]
    [InlineData("\0\0pencil", "- malformed PLAIN response, malformed")]
    [InlineData("user\0pencil", "- malformed PLAIN response, malformed")]
    [InlineData("\0user\0pencil\0", "- malformed PLAIN response, malformed")]
    [InlineData("", "- malformed PLAIN response, malformed")]
    [InlineData(null, "? ")]
    public void Plain(string? response, string want) => Assert.Equal(want, _scene.Try("PLAIN", LoginScene.Plain, response));

    [Fact]
    public void Plain_without_an_initial_response() => Assert.Equal("+ user", _scene.Try("PLAIN", LoginScene.Plain, null, "\0user\0pencil"));

    [Theory]
    [InlineData("? Username:", "")]
    [InlineData("? Password:", "user")]
    [InlineData("? Password:", null, "user")]
    [InlineData("+ user", null, "user", "pencil")]
    [InlineData("+ user", "user", "pencil")]
    [InlineData("+ user", "", "user", "pencil")]
    [InlineData("- wrong password (user)", null, "user", "Pencil")]
    [InlineData("- no such user (nobody)", null, "nobody", "pencil")]
    [InlineData("- malformed LOGIN response, malformed", null, "")]
    [InlineData("- malformed LOGIN response, malformed", null, "user", "")]
    public void Login(string want, params string?[] responses) => Assert.Equal(want, _scene.Try("login", LoginScene.Plain, responses));

    [Fact]
    public void A_password_of_nobody_is_looked_at_as_well()
    {
        _scene.Try("PLAIN", LoginScene.Plain, "\0nobody\0pencil");
        Assert.Equal(1, _scene.Checks);
        _scene.Try("PLAIN", LoginScene.Plain, "\0user\0pencil");
        Assert.Equal(2, _scene.Checks);
    }

    [Fact]
    public void A_name_gets_the_local_domain()
    {
        using LoginScene scene = new(new AuthoritySettings { LocalDomain = "example.com" });
        Assert.Equal("+ bank@example.com", scene.Try("PLAIN", LoginScene.Plain, "\0bank\0pencil"));
        Assert.Equal("+ bank@example.com", Scram(scene, "bank", "pencil"));
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    public void A_response_that_no_line_can_hold_is_refused(string mechanism)
    {
        Assert.Equal("- a response that is too long, malformed", _scene.Try(mechanism, LoginScene.Plain, new string('x', 9217)));
        Assert.DoesNotContain("too long", _scene.Try(mechanism, LoginScene.Plain, new string('x', 9216)), StringComparison.Ordinal);
    }

    [Theory] // against the client's side of this system, which the examples of the specifications hold
    [InlineData("user", "pencil", "+ user")]
    [InlineData("bank@example.com", "pencil", "+ bank@example.com")]
    [InlineData("user", "Pencil", "- wrong password (user)")]
    [InlineData("nobody", "pencil", "- no such user, or none with a SCRAM verifier (nobody)")]
    [InlineData("crypt", "Hello world!", "- no such user, or none with a SCRAM verifier (crypt)")]
    public void Scram_with_our_client(string user, string password, string want) => Assert.Equal(want, Scram(_scene, user, password));

    [Fact] // RFC 7677 section 3, with a nonce of our own behind the client's
    public void Scram_says_what_the_specification_says()
    {
        Assert.Matches("^\\? r=rOprNGfwEbeRWgbNEkqO[^,]{24},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096$",
            _scene.Try("SCRAM-SHA-256", LoginScene.Plain, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
        Assert.Equal("? ", _scene.Try("SCRAM-SHA-256", LoginScene.Plain, [null]));
        Assert.NotEqual(_scene.Try("SCRAM-SHA-256", LoginScene.Plain, "n,,n=user,r=a"), _scene.Try("SCRAM-SHA-256", LoginScene.Plain, "n,,n=user,r=a"));
    }

    [Fact]
    public void Nobody_is_shown_a_salt_as_everybody_is() => Assert.Matches("^\\? r=a[^,]{24},s=[A-Za-z0-9+/]{22}==,i=4096$", _scene.Try("SCRAM-SHA-256", LoginScene.Plain, "n,,n=nobody,r=a"));

    [Theory] // RFC 5802 section 6
    [InlineData("SCRAM-SHA-256", "None", true, "+ user")]
    [InlineData("SCRAM-SHA-256", "NotOffered", false, "+ user")]
    [InlineData("SCRAM-SHA-256", "NotOffered", true, "- did not see that channel binding was offered (user)")]
    [InlineData("SCRAM-SHA-256", "ServerEndPoint", true, "- binds to a channel, which is for SCRAM-SHA-256-PLUS (user)")]
    [InlineData("SCRAM-SHA-256-PLUS", "ServerEndPoint", true, "+ user")]
    [InlineData("SCRAM-SHA-256-PLUS", "None", true, "- binds to no channel (user)")]
    [InlineData("SCRAM-SHA-256-PLUS", "NotOffered", true, "- binds to no channel (user)")]
    public void Scram_binds_to_the_channel(string mechanism, string binding, bool isEncrypted, string want) =>
        Assert.Equal(want, Scram(_scene, "user", "pencil", mechanism, Enum.Parse<ScramBinding>(binding), isEncrypted, [1, 2, 3]));

    [Fact]
    public void Scram_refuses_who_is_on_another_channel() => Assert.Equal("- bound to another channel (user)",
        Scram(_scene, "user", "pencil", "SCRAM-SHA-256-PLUS", ScramBinding.ServerEndPoint, isEncrypted: true, endPoint: [1, 2, 4]));

    [Fact] // RFC 9266
    public void Scram_binds_to_the_exporter_too()
    {
        const string Header = "p=tls-exporter,,";
        using LoginExchange exchange = LoginScene.Now(_scene.Authority.BeginAsync("SCRAM-SHA-256-PLUS", LoginScene.Tls))!;
        string first = LoginScene.Words(LoginScene.Now(exchange.StepAsync(Encoding.ASCII.GetBytes(Header + "n=user,r=abc"))))[2..];
        byte[] bound = [.. Encoding.ASCII.GetBytes(Header), 4, 5, 6];
        Assert.Equal("? v=", Final(exchange, first, "n=user,r=abc", $"c={Convert.ToBase64String(bound)},{first.Split(',')[0]}")[..4]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("n,,n=user,r=a\u0001")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=us=2cer,r=abc")]
    [InlineData("n,,m=x,n=user,r=abc")] // an extension that must be understood
    [InlineData("n,n=user,r=abc")]
    public void Scram_refuses_a_first_message_that_makes_no_sense(string message) =>
        Assert.Equal("- malformed SCRAM response, malformed", _scene.Try("SCRAM-SHA-256", LoginScene.Plain, message));

    [Theory]
    [InlineData("n,a=user,n=user,r=abc", "? r=abc")]
    [InlineData("n,a=,n=user,r=abc", "? r=abc")]
    [InlineData("n,,n=user,r=abc,x=later", "? r=abc")]
    [InlineData("n,a=other,n=user,r=abc", "- wants the rights of another user (user)")]
    [InlineData("n,user,n=user,r=abc", "- wants the rights of another user (user)")]
    [InlineData("x,,n=user,r=abc", "- binds to a channel, which is for SCRAM-SHA-256-PLUS (user)")]
    public void Scram_takes_a_first_message(string message, string want) =>
        Assert.StartsWith(want, _scene.Try("SCRAM-SHA-256", LoginScene.Plain, message), StringComparison.Ordinal);

    [Theory]
    [InlineData("p=tls-unique,,n=user,r=abc")]
    [InlineData("p=,,n=user,r=abc")]
    public void Scram_binds_to_nothing_that_is_not_there(string message) =>
        Assert.Equal("- wants a kind of channel binding that is not there (user)", _scene.Try("SCRAM-SHA-256-PLUS", LoginScene.Tls, message));

    [Theory] // {n}: the nonce
    [InlineData("c=biws,r={n}", "? v=")]
    [InlineData("c=biws,r={n},x=later", "? v=")]
    [InlineData("c=eSws,r={n}", "- bound to another channel (user)")]
    [InlineData("c=biws,r={n}x", "- another nonce (user)")]
    [InlineData("c=biws,r=abc", "- another nonce (user)")]
    [InlineData("r={n},c=biws", "- malformed SCRAM response, malformed")]
    [InlineData("c=?,r={n}", "- malformed SCRAM response, malformed")]
    [InlineData("c=biws", "- malformed SCRAM response, malformed")]
    [InlineData("", "- malformed SCRAM response, malformed")]
    public void Scram_reads_a_final_message(string withoutProof, string want)
    {
        using LoginExchange exchange = LoginScene.Now(_scene.Authority.BeginAsync("SCRAM-SHA-256", LoginScene.Plain))!;
        string first = LoginScene.Words(LoginScene.Now(exchange.StepAsync("n,,n=user,r=abc"u8.ToArray())))[2..];
        Assert.StartsWith(want, Final(exchange, first, "n=user,r=abc", withoutProof.Replace("{n}", first.Split(',')[0][2..], StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",p=")]
    [InlineData(",p=AAAA")]
    [InlineData(",p=?")]
    [InlineData(",v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("")]
    public void Scram_refuses_a_proof_that_is_none(string proof)
    {
        using LoginExchange exchange = LoginScene.Now(_scene.Authority.BeginAsync("SCRAM-SHA-256", LoginScene.Plain))!;
        string first = LoginScene.Words(LoginScene.Now(exchange.StepAsync("n,,n=user,r=abc"u8.ToArray())))[2..];
        Assert.Equal("- malformed SCRAM response, malformed",
            LoginScene.Words(LoginScene.Now(exchange.StepAsync(Encoding.ASCII.GetBytes($"c=biws,{first.Split(',')[0]}{proof}")))));
    }

    [Fact]
    public void Scram_is_done_only_when_the_client_has_seen_our_proof()
    {
        using LoginExchange exchange = LoginScene.Now(_scene.Authority.BeginAsync("SCRAM-SHA-256", LoginScene.Plain))!;
        string first = LoginScene.Words(LoginScene.Now(exchange.StepAsync("n,,n=user,r=abc"u8.ToArray())))[2..];
        Assert.StartsWith("? v=", Final(exchange, first, "n=user,r=abc", $"c=biws,{first.Split(',')[0]}"), StringComparison.Ordinal);
        Assert.Equal("- malformed SCRAM response, malformed", LoginScene.Words(LoginScene.Now(exchange.StepAsync("x"u8.ToArray()))));
    }

    // The last message of a client who knows the password.
    private static string Final(LoginExchange exchange, string serverFirst, string clientFirst, string withoutProof)
    {
        byte[] salted = PostfixNet.Login.Scram.SaltedPassword(HashAlgorithmName.SHA256, "pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        byte[] key = PostfixNet.Login.Scram.ClientKey(HashAlgorithmName.SHA256, salted);
        byte[] signature = HMACSHA256.HashData(SHA256.HashData(key), Encoding.UTF8.GetBytes($"{clientFirst},{serverFirst},{withoutProof}"));
        return LoginScene.Words(LoginScene.Now(exchange.StepAsync(Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(PostfixNet.Login.Scram.Xor(key, signature))}"))));
    }

    private static string Scram(LoginScene scene, string user, string password, string mechanism = "SCRAM-SHA-256", ScramBinding binding = ScramBinding.None,
        bool isEncrypted = false, byte[]? endPoint = null)
    {
        ScramMechanism us = new(HashAlgorithmName.SHA256, user, password, binding, endPoint ?? [], PostfixNet.Login.Scram.NewNonce());
        using LoginExchange exchange = LoginScene.Now(scene.Authority.BeginAsync(mechanism, isEncrypted ? LoginScene.Tls : LoginScene.Plain))!;
        byte[] response = us.InitialResponse;
        while (true)
        {
            LoginStep step = LoginScene.Now(exchange.StepAsync(response));
            if (step is LoginStep.Done)
                us.Complete();
            if (step is not LoginStep.Challenge challenge)
                return LoginScene.Words(step);
            response = us.Respond(challenge.Octets);
        }
    }
}
