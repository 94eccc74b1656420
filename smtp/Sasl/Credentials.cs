namespace PostfixNet.Smtp.Sasl;

/// <summary>A name, and what proves it. Not a record: those print what they hold.</summary>
internal sealed class Credentials(string user, string password, TokenSource? token)
{
    internal string User => user;

    /// <summary>Empty when there is a <see cref="Token"/>.</summary>
    internal string Password => password;

    /// <summary>Null: the login has a password.</summary>
    internal TokenSource? Token => token;
}
