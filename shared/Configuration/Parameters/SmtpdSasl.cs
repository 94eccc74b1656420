namespace PostfixNet.Configuration;

// Read by smtpd, and by master passwd: who may log in.
public static partial class Parameters
{
    /// <summary>Users and verifiers of their passwords. Ours beyond Postfix.</summary>
    public static readonly Parameter<string> SmtpdSaslPasswordFile = Checked("smtpd_sasl_password_file", "",
        static text => text.Length == 0 || text.StartsWith('/'), "is not a path from the root; give one that begins with \"/\", or with \"$config_directory/\"");
}
