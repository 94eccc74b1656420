using System.Text;
using PostfixNet.Login;
using PostfixNet.UnitTests.Login;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>What clients say in a login, what Dovecot says, and what stands in a password file.</summary>
public sealed class LoginFuzzTests
{
    // Responses of one exchange, with a blank line between them.
    private static readonly byte[] s_between = "\n\n"u8.ToArray();

    private static readonly string[] s_dialogues =
    [
        "\0user\0secret", "user\0user\0secret", "user\n\nsecret", "\n\nuser\n\nsecret", "n,,n=user,r=abcdef", "n,a=user,n=user,r=abc,x=y",
        "n,,n=us=2Cer,r=abc\n\nc=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", "y,,n=user,r=abc\n\nc=eSws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "p=tls-server-end-point,,n=user,r=abc\n\nc=cD10bHM=,r=abc,p=AAAA", "p=tls-exporter,,n=nobody,r=abc",
    ];

    private static readonly string[] s_mechanisms = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];

    [Fact]
    public void Any_response_is_answered_and_nobody_gets_in_without_the_password()
    {
        using LoginScene scene = new();
        new Fuzzer(
            s_dialogues.Select(Encoding.UTF8.GetBytes),
            "\0", "\n\n", ",", "=", "=2C", "=3D", "n,,", "p=", "a=", "n=", "r=", "c=", "m=", "user", "nobody", "biws").Run((input, random) =>
        {
            string mechanism = s_mechanisms[random.Next(s_mechanisms.Length)];
            using LoginExchange exchange = LoginScene.Now(scene.Authority.BeginAsync(mechanism, LoginScene.Tls))!;
            ReadOnlySpan<byte> rest = input;
            for (int steps = 0; ; steps++)
            {
                // No exchange goes on for ever, whatever the client says.
                Assert.InRange(steps, 0, 4);
                int end = rest.IndexOf(s_between);
                byte[] response = (end < 0 ? rest : rest[..end]).ToArray();
                rest = end < 0 ? default : rest[(end + 2)..];
                LoginStep step = LoginScene.Now(exchange.StepAsync(steps == 0 && random.Next(8) == 0 ? null : response));
                Assert.IsNotType<LoginStep.Done>(step);
                if (step is LoginStep.Failed failed)
                {
                    Assert.DoesNotContain(failed.Reason + failed.User, char.IsControl);
                    Assert.DoesNotContain("secret", failed.Reason, StringComparison.Ordinal);
                    return;
                }
            }
        });
    }

    [Fact]
    public void Any_password_file_is_read_or_refused_without_being_shown() =>
        new Fuzzer(
            new[] { $"# x\n:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nuser:{VerifierTests.Pencil}\r\n\nb@c.test:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", $"secret:{VerifierTests.Pencil}" }
                .Select(Encoding.UTF8.GetBytes),
            ":", "$", "\n", "#", "SCRAM-SHA-256$", "$6$", "$y$j9T$", "4096", "=").Run((input, _) =>
        {
            try
            {
                VerifierTable table = VerifierTable.Read(input, "p");
                Assert.All(table.Users, static user => Assert.Null(PasswordFile.ProblemOfName(user)));
                Assert.Null(table.Find("nobody", "", scramOnly: true).Name);
            }
            catch (PasswordFileException e)
            {
                Assert.InRange(e.Problems.Count, 1, 10);
                Assert.All(e.Problems, static problem => Assert.Matches(@"^p:\d+: ", problem));
                Assert.DoesNotContain("saltstring", e.Message, StringComparison.Ordinal);
            }
        });

    [Fact]
    public void Whatever_Dovecot_says_ends_the_login_or_asks_for_more() =>
        new Fuzzer(
            new[]
            {
                "OK\t1\tuser=shop\n", "FAIL\t1\tuser=shop\treason=no\u0001tmore\tcode=temp_fail\n", "CONT\t1\tVXNlcm5hbWU6\nOK\t1\tuser=x\n", "NEWS\t1\nOK\t7\tuser=y\nFAIL\t1\ttemp\n",
                FakeDovecot.Greeting, FakeDovecot.Greeting + "OK\t1\tuser=shop\n",
            }.Select(Encoding.UTF8.GetBytes),
            "\t", "\n", "OK\t1", "FAIL\t1", "CONT\t1", "user=", "reason=", "temp", "MECH\t", "DONE\n", "VERSION\t1\t1\n", "\u0001")
        { BytesPerOctet = 1024 }.Run((input, random) =>
        {
            byte[] greeting = random.Next(2) == 0 ? [] : Encoding.UTF8.GetBytes(FakeDovecot.Greeting);
            using AllAtOnce stream = new([.. greeting, .. input], greeting.Length, random);
            DovecotAuthority authority = new(new AuthoritySettings(), new DovecotConnection(() => new(stream), static _ => { }, TimeProvider.System));
            if (LoginScene.Now(authority.BeginAsync("PLAIN", LoginScene.Plain)) is not { } exchange)
                return;
            using (exchange)
            {
                LoginStep step = LoginScene.Now(exchange.StepAsync("x"u8.ToArray()));
                Assert.DoesNotContain(LoginScene.Words(step is LoginStep.Challenge ? new LoginStep.Challenge([]) : step), char.IsControl);
            }
        });

    // All that is said is there already, in pieces; then the connection ends. What follows a good greeting waits for a request.
    private sealed class AllAtOnce(byte[] said, int greeting, Random random) : Stream
    {
        private int _at;
        private bool _wasAsked;
        private TaskCompletionSource<int>? _waiting;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int end = _wasAsked || greeting == 0 ? said.Length : greeting;
            if (_at < end)
            {
                int n = Math.Min(Math.Min(buffer.Length, end - _at), random.Next(1, 200));
                said.AsSpan(_at, n).CopyTo(buffer.Span);
                _at += n;
                return new(n);
            }
            if (end == said.Length)
                return new(0);
            _waiting = new();
            return Later(buffer);
        }

        private async ValueTask<int> Later(Memory<byte> buffer)
        {
            await _waiting!.Task;
            return await ReadAsync(buffer);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Span.StartsWith("AUTH"u8))
            {
                _wasAsked = true;
                _waiting?.TrySetResult(0);
            }
            return default;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
