using System.Security.Cryptography;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>Checks what PLAIN and LOGIN brought against the password file.</summary>
/// <param name="offLoop">Runs work that takes its time where nobody waits for it.</param>
internal sealed class PasswordCheck(PasswordFile file, string domain, Func<Func<bool>, ValueTask<bool>> offLoop)
{
    internal async ValueTask<LoginStep> RunAsync(string user, byte[] password)
    {
        string shown = PrintableText.Of(user);
        (Verifier verifier, string? name) = file.Table().Find(user, domain, scramOnly: false);
        bool isRight = await offLoop(() => verifier.IsOf(password));
        CryptographicOperations.ZeroMemory(password);
        return isRight && name is not null ? new LoginStep.Done(PrintableText.Of(name))
            : new LoginStep.Failed(name is null ? "no such user" : "wrong password") { User = shown };
    }
}

/// <summary>PLAIN, RFC 4616: whose rights, name and password in one message.</summary>
internal sealed class PlainExchange(PasswordCheck check) : LoginExchange
{
    private protected override ValueTask<LoginStep> NextAsync(byte[]? response)
    {
        if (response is null)
            return new(Ask(""));
        string[] parts = ByteText.Decode(response).Split('\0');
        // Neither is a name empty, nor a password: to let that through would take an empty verifier, which nobody means.
        if (parts is not [var authority, { Length: > 0 } user, { Length: > 0 } password])
            return new(Malformed("PLAIN"));
        return authority.Length == 0 || authority == user ? check.RunAsync(user, ByteText.Encode(password))
            : new(new LoginStep.Failed("wants the rights of another user") { User = PrintableText.Of(user) });
    }
}

/// <summary>LOGIN, never standardized (draft-murchison-sasl-login): name and password, each on its own. A name in the AUTH command is taken.</summary>
internal sealed class LoginExchangeOfTwo(PasswordCheck check) : LoginExchange
{
    private string? _user;
    private bool _hasAsked;

    private protected override ValueTask<LoginStep> NextAsync(byte[]? response)
    {
        if (_user is not null)
            return response is { Length: > 0 } ? check.RunAsync(_user, response) : new(Malformed("LOGIN"));
        if (response is null or [] && !_hasAsked)
        {
            _hasAsked = true;
            return new(Ask("Username:"));
        }
        if (response is null or [])
            return new(Malformed("LOGIN"));
        _user = ByteText.Decode(response);
        return new(Ask("Password:"));
    }
}
