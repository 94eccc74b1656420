namespace PostfixNet.Login;

/// <summary>The smtpd_sasl_... parameters that say who decides on logins. Only read when smtpd_sasl_auth_enable is on.</summary>
public sealed class AuthoritySettings
{
    internal AuthoritySettings()
    {
    }

    /// <summary>Where Dovecot listens: a path, from the root or from queue_directory, or "inet:host:port"; "": it is not asked.</summary>
    public string DovecotPath { get; private init; } = "";

    /// <summary>smtpd_sasl_password_file, read; null: Dovecot is asked.</summary>
    internal PasswordFile? File { get; init; }

    /// <summary>smtpd_sasl_service.</summary>
    internal string Service { get; init; } = "smtp";

    /// <summary>smtpd_sasl_local_domain.</summary>
    internal string LocalDomain { get; init; } = "";

    /// <summary>smtpd_sasl_mechanism_filter.</summary>
    internal IReadOnlyList<string> MechanismFilter { get; init; } = [];

    /// <summary>smtpd_sasl_security_options: without TLS.</summary>
    internal SecurityOptions Demands { get; init; }

    /// <summary>smtpd_sasl_tls_security_options.</summary>
    internal SecurityOptions TlsDemands { get; init; }

    internal SecurityOptions DemandsOn(LoginClient client) => client.IsEncrypted ? TlsDemands : Demands;

    /// <summary>Makes the authority. All of it runs on the caller's thread, or loop, as long as what is handed over completes there.</summary>
    /// <param name="warn">Takes a line for the log, of severity warning.</param>
    /// <param name="connect">Connects to <see cref="DovecotPath"/>; an IOException: cannot. Not called for a password file.</param>
    /// <param name="offLoop">Runs a check of some milliseconds where nobody waits for it; null: on a thread of the runtime's pool.</param>
    /// <param name="clock">Whose timers end waiting for Dovecot; null: the system's.</param>
    public LoginAuthority Open(Action<string> warn, Func<ValueTask<Stream>> connect, Func<Func<bool>, ValueTask<bool>>? offLoop = null, TimeProvider? clock = null)
    {
        return File is null ? new DovecotAuthority(this, new DovecotConnection(connect, warn, clock ?? TimeProvider.System))
            : new FileAuthority(this, File, offLoop ?? (static check => new ValueTask<bool>(Task.Run(check))));
    }
}
