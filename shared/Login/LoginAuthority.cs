namespace PostfixNet.Login;

/// <summary>Who decides whether a client is who it says: our password file, or Dovecot.</summary>
public abstract class LoginAuthority
{
    /// <summary>The mechanisms to announce to a client, the best first; none: no AUTH.</summary>
    /// <param name="client">As it is now: after STARTTLS there are others.</param>
    public abstract ValueTask<IReadOnlyList<string>> MechanismsAsync(LoginClient client);

    /// <summary>Begins a login.</summary>
    /// <param name="mechanism">As the client wrote it; letter case does not matter.</param>
    /// <returns>null: the mechanism is not among those that are announced to the client (504 5.5.4).</returns>
    public abstract ValueTask<LoginExchange?> BeginAsync(string mechanism, LoginClient client);
}
