using PostfixNet.Logins;

namespace PostfixNet.Smtp.Sasl;

/// <summary>A name, and what proves it. Not a record: those print what they hold.</summary>
internal sealed class Credentials(string user, string password, TokenSource? token)
{
    internal string User => user;

    /// <summary>Empty when there is a <see cref="Token"/>.</summary>
    internal string Password => password;

    /// <summary>Null: the login has a password.</summary>
    internal TokenSource? Token => token;

    /// <summary>Under which smtp_sasl_password_maps has it.</summary>
    internal string Key { get; init; } = "";

    /// <summary>It is that of the mail's sender: other mail for the same server has another one.</summary>
    internal bool IsOfSender { get; init; }

    /// <summary>For a person.</summary>
    internal string Shown => $"{user} at {Key}";

    /// <summary>What tells it from others, of other processes too; another one after the entry has changed.</summary>
    /// <param name="source">The entry's value.</param>
    internal Credentials Of(string key, string source, bool isOfSender) => new(user, password, token) { Key = key, IsOfSender = isOfSender, Fingerprint = TurnQuestion.KeyOf(key, source, password) };

    /// <inheritdoc cref="Of"/>
    internal string Fingerprint { get; private init; } = "";
}
