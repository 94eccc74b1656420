using System.Globalization;
using System.Runtime.Versioning;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Tokens from files and commands, good and bad.</summary>
[SupportedOSPlatform("linux")]
public sealed class TokenTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("token").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("abc.def-1\n", "abc.def-1")]
    [InlineData(" abc \r\n\n", "abc")]
    [InlineData("{\"access_token\": \"abc\", \"expires_in\": 10}", "abc")]
    [InlineData("{\"expiry\": \"x\", \"access_token\":\"abc==\"}\n", "abc==")]
    public void A_file_has_the_token_alone_or_in_an_object(string content, string want) => Assert.Equal(want, FileWith(content).Get(Breathe));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("two words")]
    [InlineData("one\u0001auth=x")]
    [InlineData("tok\u00e9n")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"access_token\": 5}")]
    [InlineData("{\"access_token\": \"a b\"}")]
    [InlineData("{\"access_token\": \"\\ud800\"}")]
    public void Anything_else_is_refused_and_not_shown(string content) =>
        Assert.EndsWith("/token gives no token", Assert.Throws<SaslException>(() => FileWith(content).Get(Breathe)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_too_long_is_refused() => Assert.Throws<SaslException>(() => FileWith(new string('x', 8193)).Get(Breathe));

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("/none", Assert.Throws<SaslException>(() => new TokenFile(_directory + "/none").Get(Breathe)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_open_to_all_is_refused(UnixFileMode mode)
    {
        TokenFile file = FileWith("abc", mode);
        Assert.Contains("open to all users", Assert.Throws<SaslException>(() => file.Get(Breathe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_anew_for_each_login()
    {
        TokenFile file = FileWith("one");
        Assert.Equal("one", file.Get(Breathe));
        FileWith("two");
        Assert.Equal("two", file.Get(Breathe));
        Assert.False(file.Refused());
    }

    [Fact]
    public void A_command_runs_once_until_its_token_is_refused()
    {
        TokenCommand command = Script("echo x >>\"$1/runs\"; echo token-$(grep -c x \"$1/runs\")");
        Assert.Equal("token-1", command.Get(Breathe));
        Assert.Equal("token-1", command.Get(Breathe));
        Assert.True(command.Refused());
        Assert.False(command.Refused());
        Assert.Equal("token-2", command.Get(Breathe));
    }

    [Fact]
    public void A_token_ends_before_its_time()
    {
        ManualClock clock = new();
        TokenCommand command = Script("echo x >>\"$1/runs\"; echo '{\"access_token\":\"t'$(grep -c x \"$1/runs\")'\",\"expires_in\":300}'", clock: clock);
        Assert.Equal("t1", command.Get(Breathe));
        clock.Now += TimeSpan.FromSeconds(269);
        Assert.Equal("t1", command.Get(Breathe));
        clock.Now += TimeSpan.FromSeconds(2);
        Assert.Equal("t2", command.Get(Breathe));
    }

    [Fact]
    public void A_command_gets_its_arguments_and_nothing_else()
    {
        Environment.SetEnvironmentVariable("PFN_TEST_SECRET", "s3cret");
        try
        {
            TokenCommand command = Script("env >\"$1/env\"; ls /proc/self/fd >\"$1/fd\"; echo \"$2\"", "a;b|c$d");
            // No shell of ours saw the argument.
            Assert.Equal("a;b|c$d", command.Get(Breathe));
            Assert.Equal(["LANG", "PATH", "PWD"], File.ReadLines(_directory + "/env").Select(l => l.Split('=')[0]).Where(n => n is not ("_" or "OLDPWD" or "SHLVL")).Order());
            // "3" is the directory that ls reads; what came with the test runner and is passed on by everybody does not count.
            Assert.Equal(["0", "1", "2", "3"], File.ReadLines(_directory + "/fd").Except(PassedOn()).Order());
        }
        finally
        {
            Environment.SetEnvironmentVariable("PFN_TEST_SECRET", null);
        }
    }

    [Theory]
    [InlineData("echo s3cret; exit 3", "exit status 3")]
    [InlineData("echo s3cret >&2", "gives no token")]
    [InlineData("echo s3cret s3cret", "gives no token")]
    [InlineData("kill -9 $$", "killed by signal 9")]
    [InlineData("cat /dev/zero", "output longer than 8192 bytes")]
    [InlineData("echo s3cret; sleep 1000", "not ready after 1s")]
    [InlineData("echo s3cret; exec >&-; sleep 1000", "not ready after 1s")]
    [InlineData("sleep 1000 & echo s3cret", "not ready after 1s")]
    public void A_command_that_fails_is_named_with_the_reason_and_leaves_nothing_behind(string script, string want)
    {
        TokenCommand command = Script($"echo $$ >\"$1/pid\"; {script}", timeout: 1);
        string message = Assert.Throws<SaslException>(() => command.Get(Breathe)).Message;
        Assert.Contains(want, message, StringComparison.Ordinal);
        Assert.Contains("/bin/sh", message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", message, StringComparison.Ordinal);
        string session = File.ReadAllText(_directory + "/pid").Trim();
        Assert.True(SpinWait.SpinUntil(() => !SessionLives(session), 10_000), "something of the command goes on");
    }

    [Fact]
    public void A_command_that_cannot_be_started_is_named() => Assert.Contains(_directory + "/none",
        Assert.Throws<SaslException>(() => new TokenCommand(_directory + "/none", [], TimeSpan.FromSeconds(5), TimeProvider.System).Get(Breathe)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Waiting_ends_when_the_system_stops()
    {
        TokenCommand command = Script("sleep 1000");
        Assert.Throws<OperationCanceledException>(() => command.Get(() => throw new OperationCanceledException()));
    }

    private static IEnumerable<string> PassedOn()
    {
        const int CloseOnExec = 0x80000;
        foreach (string path in Directory.EnumerateFiles("/proc/self/fdinfo"))
        {
            string flags = FlagsOf(path);
            if (flags.Length > 0 && (Convert.ToInt32(flags[6..].Trim(), 8) & CloseOnExec) == 0 && int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture) > 3)
                yield return Path.GetFileName(path);
        }
    }

    private static string FlagsOf(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal)) ?? "";
        }
        catch (IOException)
        {
            // Another test's, which has closed it meanwhile.
            return "";
        }
    }

    private static void Breathe()
    {
    }

    private static bool SessionLives(string session)
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                // "pid (name) state ppid pgrp session"
                string stat = File.Exists(directory + "/stat") ? File.ReadAllText(directory + "/stat") : "";
                string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 3 && fields[3] == session && fields[0] != "Z")
                    return true;
            }
            catch (IOException)
            {
            }
        }
        return false;
    }

    private TokenFile FileWith(string content, UnixFileMode more = UnixFileMode.None)
    {
        string path = _directory + "/token";
        File.WriteAllText(path, content, System.Text.Encoding.Latin1);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | more);
        return new TokenFile(path);
    }

    private TokenCommand Script(string text, string argument = "", int timeout = 20, TimeProvider? clock = null) =>
        new("/bin/sh", ["-c", text, "script", _directory, argument], TimeSpan.FromSeconds(timeout), clock ?? TimeProvider.System);

    private sealed class ManualClock : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
