namespace PostfixNet.UnitTests.Smtp;

/// <summary>LIMITS of a server are heeded before it has to refuse anything: RFC 9422, S3-36.</summary>
public sealed class ServerLimitsTests
{
    private static readonly string[] s_five = ["a@x.test", "b@y.test", "c@x.test", "d@z.test", "e@x.test"];

    [Theory] // what is announced; recipients of each transaction, "/" between sessions
    [InlineData("", "abcde")]
    [InlineData("LIMITS", "abcde")]
    [InlineData("LIMITS RCPTMAX=2", "ab cd e")]
    [InlineData("LIMITS rcptmax=2 OTHER=1 NONSENSE", "ab cd e")]
    [InlineData("LIMITS RCPTMAX=5", "abcde")]
    [InlineData("LIMITS RCPTMAX=0", "abcde")]
    [InlineData("LIMITS RCPTMAX=-1 MAILMAX=x RCPTDOMAINMAX=1234567", "abcde")]
    [InlineData("LIMITS RCPTDOMAINMAX=1", "ace b d")]
    [InlineData("LIMITS RCPTDOMAINMAX=2", "abce d")]
    [InlineData("LIMITS RCPTDOMAINMAX=2 RCPTMAX=3", "abc de")]
    [InlineData("LIMITS RCPTMAX=2 MAILMAX=2", "ab cd / e")]
    [InlineData("LIMITS RCPTMAX=1 MAILMAX=1", "a / b / c / d / e")]
    public void No_more_is_asked_than_the_server_takes(string announced, string transactions)
    {
        foreach (bool isPipelining in (bool[])[true, false])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, announced, isPipelining);
            Assert.False(rig.Deliver(SmtpRig.Request("mx.test", s_five)).SomeDeferred);
            rig.CloseSession();
            server.Dispose();
            Assert.Equal(transactions, Transactions(server));
            Assert.Equal(5, rig.Results.Count(static line => line[3] == "sent"));
            Assert.DoesNotContain(rig.Lines, static line => line.Contains("too many", StringComparison.OrdinalIgnoreCase));
        }
    }

    // A session is not kept for mail that it does not take.
    [Fact]
    public void MAILMAX_holds_over_messages()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, "LIMITS MAILMAX=2", isPipelining: true);
        for (int i = 0; i < 3; i++)
            rig.Deliver(SmtpRig.Request("mx.test", "a@x.test") with { MoreWaits = i < 2 });
        rig.CloseSession();
        server.Dispose();
        Assert.Equal("a a / a", Transactions(server));
    }

    [Theory] // nobody is taken: this must come to an end, with a verdict on each
    [InlineData("LIMITS RCPTMAX=1 MAILMAX=1", """ "rcpt": "550 5.1.1 no" """, "bounced")]
    [InlineData("LIMITS RCPTMAX=1 MAILMAX=1", """ "mail": "555 5.5.4 no parameters" """, "bounced")]
    [InlineData("LIMITS RCPTMAX=1 MAILMAX=1", """ "mail": "450 4.3.0 later" """, "deferred")]
    [InlineData("LIMITS RCPTMAX=2", """ "rcpt": "452 4.5.3 too many" """, "deferred")]
    [InlineData("LIMITS RCPTMAX=2", """ "dot": "550 5.7.1 no" """, "bounced")]
    public void It_ends_with_a_verdict_for_each(string announced, string script, string verdict)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, announced, isPipelining: true, script);
        rig.Deliver(SmtpRig.Request("mx.test", s_five));
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(5, rig.Results.Count);
        Assert.All(rig.Results, line => Assert.Contains(line[3], new[] { verdict, "deferred" }));
        Assert.Contains(rig.Results, line => line[3] == verdict);
    }

    private static ScriptedServer Serve(SmtpRig rig, string announced, bool isPipelining, string more = "")
    {
        string[] keywords = [.. isPipelining ? (string[])["PIPELINING"] : [], "8BITMIME", .. announced.Length > 0 ? (string[])[announced] : []];
        ScriptedServer server = new("127.0.0.31", 0, $$"""{"ext": [{{string.Join(", ", keywords.Select(static word => $"\"{word}\""))}}]{{(more.Length > 0 ? ", " + more : "")}}}""");
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        return server;
    }

    private static string Transactions(ScriptedServer server) => string.Concat(server.Commands.Select(static command => command switch
    {
        _ when command.StartsWith("EHLO", StringComparison.Ordinal) => "/",
        _ when command.StartsWith("MAIL", StringComparison.Ordinal) => " ",
        _ when command.StartsWith("RCPT", StringComparison.Ordinal) => command["RCPT TO:<".Length..][..1],
        _ => "",
    })).TrimStart('/').Trim().Replace("/", " /", StringComparison.Ordinal);
}
