using System.Text;
using PostfixNet.Login;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Login;

/// <summary>A password file with a few users, and logins against it.</summary>
internal sealed class LoginScene : IDisposable
{
    internal static readonly LoginClient Plain = new() { ClientAddress = "192.0.2.1", ServerAddress = "192.0.2.25", IsEncrypted = false };
    internal static readonly LoginClient Tls = Plain with { IsEncrypted = true, ServerEndPoint = [1, 2, 3], Exporter = [4, 5, 6] };

    private readonly TemporaryDirectory _directory = new();

    internal LoginScene(AuthoritySettings? settings = null, string? users = null)
    {
        string path = _directory.File("passwd", Encoding.UTF8.GetBytes(users
            ?? $"user:{VerifierTests.Pencil}\nbank@example.com:{VerifierTests.Pencil}\ncrypt:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5\n"));
        Authority = new FileAuthority(settings ?? new AuthoritySettings(), PasswordFile.Open(path, Warnings.Add), check =>
        {
            Checks++;
            return new(check());
        });
    }

    internal LoginAuthority Authority { get; }

    internal List<string> Warnings { get; } = [];

    /// <summary>How often a password was looked at.</summary>
    internal int Checks { get; private set; }

    /// <summary>Says what it is told to, whatever the answers; null: AUTH without initial response.</summary>
    /// <returns>The last step, in words.</returns>
    internal string Try(string mechanism, LoginClient client, params string?[] responses) => Try(Authority, mechanism, client, responses);

    /// <inheritdoc cref="Try(string, LoginClient, string?[])"/>
    internal static string Try(LoginAuthority authority, string mechanism, LoginClient client, params string?[] responses)
    {
        using LoginExchange? exchange = Now(authority.BeginAsync(mechanism, client));
        if (exchange is null)
            return "no such mechanism";
        string words = "";
        foreach (string? response in responses)
            words = Words(Now(exchange.StepAsync(response is null ? null : Encoding.UTF8.GetBytes(response))));
        return words;
    }

    internal static string Words(LoginStep step) => step switch
    {
        LoginStep.Challenge challenge => $"? {Encoding.UTF8.GetString(challenge.Octets)}",
        LoginStep.Done done => $"+ {done.User}",
        LoginStep.Failed failed => $"- {failed.Reason}{(failed.User.Length > 0 ? $" ({failed.User})" : "")}{(failed.IsTemporary ? ", for now" : "")}{(failed.IsMalformed ? ", malformed" : "")}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Nothing here waits for anything.
    internal static T Now<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    public void Dispose() => _directory.Dispose();
}
