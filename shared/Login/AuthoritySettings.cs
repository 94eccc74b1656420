using PostfixNet.Configuration;

namespace PostfixNet.Login;

/// <summary>The smtpd_sasl_... parameters that say who decides on logins. Only read when smtpd_sasl_auth_enable is on.</summary>
/// <remarks>
/// CONFIGURATION
/// smtpd_sasl_local_domain, smtpd_sasl_mechanism_filter, smtpd_sasl_password_file, smtpd_sasl_path, smtpd_sasl_security_options,
/// smtpd_sasl_service, smtpd_sasl_tls_security_options, smtpd_sasl_type.
/// </remarks>
public sealed class AuthoritySettings
{
    // Of Cyrus SASL, where it is the name of a file.
    private const string UsualPath = "smtpd";

    private Action<string> _warn = static _ => { };

    internal AuthoritySettings()
    {
    }

    /// <summary>Where Dovecot listens: a path, from the root or from queue_directory, or "inet:host:port"; "": it is not asked.</summary>
    public string DovecotPath { get; private init; } = "";

    /// <summary>smtpd_sasl_password_file, read; null: Dovecot is asked.</summary>
    internal PasswordFile? File { get; private set; }

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

    /// <summary>Reads them, and the password file: before root is given up.</summary>
    /// <exception cref="ConfigurationException">Nobody could log in so.</exception>
    public static AuthoritySettings Read(MainConfig config)
    {
        string type = config.Get(Parameters.SmtpdSaslType), path = config.Get(Parameters.SmtpdSaslPath), file = config.Get(Parameters.SmtpdSaslPasswordFile);
        if (type == "cyrus")
            throw config.Refuse(Parameters.SmtpdSaslType, "Cyrus SASL is not supported; give \"file\", with users that \"master passwd\" makes (smtpd_sasl_password_file), or \"dovecot\"");
        bool isDovecot = type == "dovecot";
        if (isDovecot && path == UsualPath)
            throw config.Refuse(Parameters.SmtpdSaslPath, "is not set; give the socket of Dovecot's service auth, e.g. \"private/auth\"");
        if (!isDovecot && file.Length == 0)
            throw config.Refuse(Parameters.SmtpdSaslPasswordFile, "is not set, and there are no users without; give a path, e.g. \"$config_directory/smtpd_passwd\", and make users with \"master passwd NAME\"");
        AuthoritySettings settings = new()
        {
            DovecotPath = !isDovecot ? "" : path.StartsWith("unix:", StringComparison.Ordinal) ? path["unix:".Length..] : path,
            Service = config.Get(Parameters.SmtpdSaslService),
            LocalDomain = config.Get(Parameters.SmtpdSaslLocalDomain),
            MechanismFilter = Login.MechanismFilter.Read(config, Parameters.SmtpdSaslMechanismFilter, service: null),
            Demands = SecurityOptionWords.Read(config.Get(Parameters.SmtpdSaslSecurityOptions)),
            TlsDemands = SecurityOptionWords.Read(config.Get(Parameters.SmtpdSaslTlsSecurityOptions)),
        };
        if (!isDovecot)
            settings.OpenFile(config, file);
        return settings;
    }

    private void OpenFile(MainConfig config, string path)
    {
        try
        {
            // Who takes warnings is not known yet.
            File = PasswordFile.Open(path, text => _warn(text));
        }
        catch (PasswordFileException e)
        {
            throw config.Refuse(Parameters.SmtpdSaslPasswordFile, e.Message);
        }
        foreach (string remark in File.Remarks())
            config.Remark(Parameters.SmtpdSaslPasswordFile, remark);
    }

    /// <summary>Makes the authority. All of it runs on the caller's thread, or loop, as long as what is handed over completes there.</summary>
    /// <param name="warn">Takes a line for the log, of severity warning.</param>
    /// <param name="connect">Connects to <see cref="DovecotPath"/>; an IOException: cannot. Not called for a password file.</param>
    /// <param name="offLoop">Runs a check of some milliseconds where nobody waits for it; null: on a thread of the runtime's pool.</param>
    /// <param name="clock">Whose timers end waiting for Dovecot; null: the system's.</param>
    public LoginAuthority Open(Action<string> warn, Func<ValueTask<Stream>> connect, Func<Func<bool>, ValueTask<bool>>? offLoop = null, TimeProvider? clock = null)
    {
        _warn = warn;
        return File is null ? new DovecotAuthority(this, new DovecotConnection(connect, warn, clock ?? TimeProvider.System))
            : new FileAuthority(this, File, offLoop ?? (static check => new ValueTask<bool>(Task.Run(check))));
    }
}
