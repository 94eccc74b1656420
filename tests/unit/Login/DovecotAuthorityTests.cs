using System.Text;
using PostfixNet.Login;

namespace PostfixNet.UnitTests.Login;

/// <summary>Logins that Dovecot decides on, with a Dovecot that says what it is told to. A real one: system/OtherPeoplesLogins.</summary>
public sealed class DovecotAuthorityTests
{
    private const string Common = "service=smtp\tnologin\tlip=192.0.2.25\trip=192.0.2.1";

    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData("noanonymous", false, "PLAIN LOGIN SCRAM-SHA-256 GSSAPI")]
    [InlineData("", false, "PLAIN LOGIN SCRAM-SHA-256 ANONYMOUS GSSAPI")]
    [InlineData("noplaintext, noanonymous", false, "SCRAM-SHA-256 GSSAPI")]
    [InlineData("noplaintext", true, "PLAIN LOGIN SCRAM-SHA-256 GSSAPI")] // over TLS it demands noanonymous
    [InlineData("mutual_auth", false, "SCRAM-SHA-256")]
    [InlineData("nodictionary, noanonymous", false, "PLAIN LOGIN SCRAM-SHA-256")]
    [InlineData("noactive, noanonymous", false, "PLAIN LOGIN SCRAM-SHA-256 GSSAPI")]
    [InlineData("forward_secrecy", false, "")]
    public void Mechanisms_that_offer_what_is_demanded(string demands, bool isEncrypted, string want) => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tlogin\tPlaintext\nMECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tSCRAM-SHA-256-PLUS\tmutual-auth\n"
                + "MECH\tANONYMOUS\tanonymous\nMECH\tGSSAPI\tdictionary\tnew-flag\nMECH\tDOVECOT-TOKEN\tprivate\nMECH\t\nMECH\tA B\nNEWS\tx\nSPID\t7\nDONE\n");
            Assert.Null(await talk.LineAsync());
        });
        AuthoritySettings settings = new()
        {
            Demands = SecurityOptionWords.Read(demands.Split(", ", StringSplitOptions.RemoveEmptyEntries)),
            TlsDemands = SecurityOptions.NoAnonymous,
            MechanismFilter = ["!external", "static:rest"],
        };
        using Rig rig = new(dovecot, settings, _warnings);
        Assert.Equal(want, string.Join(' ', await rig.Authority.MechanismsAsync(isEncrypted ? LoginScene.Tls : LoginScene.Plain)));
        Assert.Null(await rig.Authority.BeginAsync("EXTERNAL", LoginScene.Plain));
    });

    [Theory]
    [InlineData("OK\t1\tuser=shop\tsession=x", "+ shop")]
    [InlineData("OK\t1\tx=y\tuser=a\u0001tb", "+ a?b")]
    [InlineData("OK\t1", "- Dovecot names no user, for now")]
    [InlineData("OK\t1\tuser=", "- Dovecot names no user, for now")]
    [InlineData("FAIL\t1\tuser=shop", "- authentication failure (shop)")]
    [InlineData("FAIL\t1", "- authentication failure")]
    [InlineData("FAIL\t1\tuser=shop\ttemp", "- temporary failure of Dovecot (shop), for now")]
    [InlineData("FAIL\t1\tuser=shop\tcode=temp_fail", "- temp_fail (shop), for now")]
    [InlineData("FAIL\t1\tuser=shop\tuser_disabled", "- user_disabled (shop)")]
    [InlineData("FAIL\t1\tuser=shop\treason=Come back\u0001nlater\tcode=pass_expired", "- Come back?later (shop)")]
    [InlineData("OK\t7\tuser=other\nFAIL\t1\tuser=shop", "- authentication failure (shop)")]
    [InlineData("NEWS\t1\nOK\nOK\tx\nOK\t1\tuser=shop", "+ shop")]
    [InlineData("CONT\t1\tVXNlcm5hbWU6", "? Username:")]
    [InlineData("CONT\t1\t", "? ")]
    [InlineData("CONT\t1", "? ")]
    [InlineData("CONT\t1\t?", "- a challenge of Dovecot that is not understood, for now")]
    public void Replies(string reply, string want) => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(async talk =>
        {
            await talk.GreetAsync();
            await talk.ExpectAsync($"AUTH\t1\tPLAIN\t{Common}\tresp=AHNob3AAc2VjcmV0");
            await talk.SayAsync(reply + "\n");
            while (await talk.LineAsync() is not null)
                continue;
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        using LoginExchange exchange = (await rig.Authority.BeginAsync("plain", LoginScene.Plain))!;
        Assert.Equal(want, LoginScene.Words(await exchange.StepAsync("\0shop\0secret"u8.ToArray())));
        Assert.Empty(_warnings);
    });

    [Fact]
    public void A_reason_for_the_user_is_kept_for_the_client() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync();
            _ = await talk.LineAsync();
            await talk.SayAsync("FAIL\t1\tuser=shop\treason=Password expired\n");
            Assert.Null(await talk.LineAsync());
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        using LoginExchange exchange = (await rig.Authority.BeginAsync("PLAIN", LoginScene.Plain))!;
        Assert.Equal("Password expired", Assert.IsType<LoginStep.Failed>(await exchange.StepAsync("x"u8.ToArray())).Explanation);
    });

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "\tresp==")]
    [InlineData("x", "\tresp=eA==")]
    public void What_is_known_of_the_client_goes_along(string? response, string want) => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(async talk =>
        {
            await talk.GreetAsync();
            await talk.ExpectAsync($"AUTH\t1\tLOGIN\tservice=submission\tnologin\tlip=192.0.2.25\trip=192.0.2.1\tsecured{want}");
            await talk.SayAsync("OK\t1\tuser=x\n");
            Assert.Null(await talk.LineAsync());
        });
        using Rig rig = new(dovecot, new AuthoritySettings { Service = "submission" }, _warnings);
        using LoginExchange exchange = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Tls))!;
        Assert.Equal("+ x", LoginScene.Words(await exchange.StepAsync(response is null ? null : Encoding.UTF8.GetBytes(response))));
    });

    [Fact]
    public void Many_logins_share_a_connection_and_get_their_own_answers() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync();
            // All are there before the first is answered, and the last is answered first.
            for (int i = 1; i <= 20; i++)
                Assert.StartsWith($"AUTH\t{i}\t", await talk.LineAsync(), StringComparison.Ordinal);
            for (int i = 20; i >= 1; i--)
                await talk.SayAsync($"CONT\t{i}\t{Convert.ToBase64String(Encoding.ASCII.GetBytes($"for {i}"))}\n");
            for (int i = 1; i <= 20; i++)
            {
                string[] fields = (await talk.LineAsync())!.Split('\t');
                await talk.SayAsync($"OK\t{fields[1]}\tuser={Encoding.ASCII.GetString(Convert.FromBase64String(fields[2]))}\n");
            }
            Assert.Null(await talk.LineAsync());
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        string[] ends = await Task.WhenAll(Enumerable.Range(1, 20).Select(async _ =>
        {
            using LoginExchange exchange = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Plain))!;
            string asked = LoginScene.Words(await exchange.StepAsync(null));
            return $"{asked} {LoginScene.Words(await exchange.StepAsync(Encoding.ASCII.GetBytes(asked)))}";
        }));
        Assert.Equal(Enumerable.Range(1, 20).Select(static i => $"? for {i} + ? for {i}"), ends);
        Assert.Equal(1, dovecot.Connections);
    });

    [Fact]
    public void A_login_that_is_given_up_is_cancelled() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync();
            _ = await talk.LineAsync();
            await talk.SayAsync("CONT\t1\t\n");
            await talk.ExpectAsync("CANCEL\t1");
            await talk.ExpectAsync($"AUTH\t2\tLOGIN\t{Common}");
            await talk.SayAsync("OK\t2\tuser=x\n");
            // That one is at its end.
            Assert.Null(await talk.LineAsync());
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        using (LoginExchange first = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Plain))!)
            Assert.Equal("? ", LoginScene.Words(await first.StepAsync(null)));
        using LoginExchange second = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Plain))!;
        Assert.Equal("+ x", LoginScene.Words(await second.StepAsync(null)));
    });

    [Fact]
    public void A_connection_that_broke_is_made_anew() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(
            static async talk => await talk.GreetAsync(),
            static async talk =>
            {
                await talk.GreetAsync();
                // Ends without an answer, as a Dovecot that is started anew.
                Assert.StartsWith("AUTH\t1\t", await talk.LineAsync(), StringComparison.Ordinal);
            },
            static async talk =>
            {
                await talk.GreetAsync();
                _ = await talk.LineAsync();
                await talk.SayAsync("CONT\t1\t\n");
                _ = await talk.LineAsync();
            },
            static async talk =>
            {
                await talk.GreetAsync();
                _ = await talk.LineAsync();
                await talk.SayAsync("OK\t1\tuser=x\n");
                Assert.Null(await talk.LineAsync());
            });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        // Of the second connection and the third nothing is seen, until a login is half done.
        using (LoginExchange exchange = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Plain))!)
        {
            Assert.Equal("? ", LoginScene.Words(await exchange.StepAsync(null)));
            Assert.Equal("- Connection lost to authentication server, for now", LoginScene.Words(await exchange.StepAsync([])));
        }
        using LoginExchange again = (await rig.Authority.BeginAsync("LOGIN", LoginScene.Plain))!;
        Assert.Equal("+ x", LoginScene.Words(await again.StepAsync(null)));
    });

    [Fact]
    public void While_it_is_away_clients_are_asked_to_come_again() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk => await talk.GreetAsync());
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        Assert.Equal("PLAIN LOGIN SCRAM-SHA-256", string.Join(' ', await rig.Authority.MechanismsAsync(LoginScene.Plain)));
        dovecot.Close();
        while (_warnings.Count == 0)
        {
            Assert.Equal(3, (await rig.Authority.MechanismsAsync(LoginScene.Plain)).Count);
            // The loop has a turn, so that the end of the connection can be seen.
            await Task.Yield();
        }
        Assert.StartsWith("SASL: Connect to Dovecot auth socket failed: ", _warnings[0], StringComparison.Ordinal);
        using LoginExchange exchange = (await rig.Authority.BeginAsync("PLAIN", LoginScene.Plain))!;
        Assert.Equal("- Connection lost to authentication server, for now", LoginScene.Words(await exchange.StepAsync("x"u8.ToArray())));
    });

    [Theory]
    [InlineData("VERSION\t2\t0\n", "another version of the protocol")]
    [InlineData("VERSION\n", "another version of the protocol")]
    [InlineData("VERSION\t1\t2\nSPID\t7\n", "no mechanisms, as on auth-master: this is not the socket for clients")]
    [InlineData("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\n", "connection lost in the greeting")]
    [InlineData("", "connection lost in the greeting")]
    [InlineData("endless", "a line without end")]
    [InlineData("endless lines", "no end of the greeting")]
    public void A_greeting_that_makes_no_sense(string greeting, string want) => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(async talk => await talk.GreetAsync(greeting switch
        {
            "endless" => new string('x', 20_000),
            "endless lines" => string.Concat(Enumerable.Repeat("x\n", 1000)),
            _ => greeting,
        }));
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        Assert.Empty(await rig.Authority.MechanismsAsync(LoginScene.Plain));
        Assert.Equal($"SASL: Connect to Dovecot auth socket failed: {want}", Assert.Single(_warnings));
    });

    [Theory]
    [InlineData(false, "- Dovecot does not answer in time, for now")]
    [InlineData(true, "")]
    public void Nobody_waits_without_end(bool isGreeting, string want) => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(async talk =>
        {
            if (!isGreeting)
                await talk.GreetAsync();
            while (await talk.LineAsync() is not null)
                continue;
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings, new HastyClock());
        if (isGreeting)
        {
            Assert.Empty(await rig.Authority.MechanismsAsync(LoginScene.Plain));
            Assert.Equal("SASL: Connect to Dovecot auth socket failed: no greeting in time", Assert.Single(_warnings));
            return;
        }
        using LoginExchange exchange = (await rig.Authority.BeginAsync("PLAIN", LoginScene.Plain))!;
        Assert.Equal(want, LoginScene.Words(await exchange.StepAsync("x"u8.ToArray())));
        Assert.Empty(_warnings);
    });

    // As those of a loop do.
    [Fact]
    public void A_stream_that_loses_its_patience_between_logins_is_read_on() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync();
            _ = await talk.LineAsync();
            await talk.SayAsync("OK\t1\tuser=x\n");
            Assert.Null(await talk.LineAsync());
        });
        using Impatient stream = new(await dovecot.ConnectAsync());
        DovecotAuthority authority = new(new AuthoritySettings(), new DovecotConnection(() => new(stream), _warnings.Add, TimeProvider.System));
        _ = await authority.MechanismsAsync(LoginScene.Plain);
        while (stream.Timeouts < 2)
            await Task.Delay(10);
        using LoginExchange exchange = (await authority.BeginAsync("PLAIN", LoginScene.Plain))!;
        Assert.Equal("+ x", LoginScene.Words(await exchange.StepAsync("x"u8.ToArray())));
        Assert.Empty(_warnings);
    });

    [Fact]
    public void A_client_without_an_address_has_none() => OneThread.Run(async () =>
    {
        using FakeDovecot dovecot = new(static async talk =>
        {
            await talk.GreetAsync();
            await talk.ExpectAsync("AUTH\t1\tPLAIN\tservice=smtp\tnologin");
            await talk.SayAsync("OK\t1\tuser=x\n");
            Assert.Null(await talk.LineAsync());
        });
        using Rig rig = new(dovecot, new AuthoritySettings(), _warnings);
        using LoginExchange exchange = (await rig.Authority.BeginAsync("PLAIN", LoginScene.Plain with { ClientAddress = "localhost", ServerAddress = "" }))!;
        Assert.Equal("+ x", LoginScene.Words(await exchange.StepAsync(null)));
    });

    private sealed class Impatient(Stream inner) : Stream
    {
        private bool _hasGreeted;

        internal int Timeouts { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using CancellationTokenSource patience = new(_hasGreeted ? 20 : Timeout.Infinite);
            try
            {
                int n = await inner.ReadAsync(buffer, patience.Token);
                _hasGreeted |= Encoding.ASCII.GetString(buffer.Span[..n]).Contains("DONE\n", StringComparison.Ordinal);
                return n;
            }
            catch (OperationCanceledException)
            {
                Timeouts++;
                throw new TimeoutException();
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }

    // A second is a hundredth of one.
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime / 100, period);
    }

    private sealed class Rig : IDisposable
    {
        private Stream? _last;

        internal Rig(FakeDovecot dovecot, AuthoritySettings settings, List<string> warnings, TimeProvider? clock = null) =>
            Authority = new DovecotAuthority(settings, new DovecotConnection(async () => _last = await dovecot.ConnectAsync(), warnings.Add, clock ?? TimeProvider.System));

        internal LoginAuthority Authority { get; }

        public void Dispose() => _last?.Dispose();
    }
}
