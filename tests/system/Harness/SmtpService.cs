using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Makes a mail system take mail by SMTP.</summary>
internal static class SmtpService
{
    /// <summary>Adds an smtpd to master.toml.</summary>
    /// <param name="mail">The system, not started yet.</param>
    /// <param name="name">The service's name.</param>
    /// <param name="more">Further lines of its table.</param>
    /// <returns>Its port on 127.0.0.1.</returns>
    public static int Serve(this MailSystem mail, string name = "smtpd", string more = "")
    {
        int port = Ports.Take("127.0.0.1");
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"),
            $"\n[service.{name}]\ntype = \"inet\"\nlisten = [\"127.0.0.1:{port}\"]\ncommand = \"smtpd\"\n{more}\n");
        return port;
    }

    /// <summary>As <see cref="Serve"/>, with TLS from the first octet (port 465).</summary>
    public static int ServeWrapped(this MailSystem mail) => mail.Serve("submissions", "args = [\"-o\", \"smtpd_tls_wrappermode=yes\"]");

    /// <summary>Makes cert.pem, a self-signed certificate with its key, anew.</summary>
    /// <returns>Its path.</returns>
    public static string Certificate(this MailSystem mail, string name)
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        string path = mail.PathOf("cert.pem");
        File.WriteAllText(path + ".new", $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        // As root has it: services cannot read it once they gave root up.
        File.SetUnixFileMode(path + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    /// <summary>Offers STARTTLS and lets the user shop, password sesame, log in under it.</summary>
    public static void AllowShop(this MailSystem mail)
    {
        mail.Set("smtpd_tls_security_level", "may");
        mail.Set("smtpd_tls_cert_file", mail.Certificate("mta.golden.test"));
        mail.Set("smtpd_sasl_auth_enable", true);
        mail.Set("smtpd_tls_auth_only", true);
        mail.Set("smtpd_sasl_password_file", "$config_directory/users");
        mail.SetPassword("shop", "sesame");
    }

    /// <summary>Gives a user a password.</summary>
    public static void SetPassword(this MailSystem mail, string user, string password) =>
        Command.Run(Repository.Program("master"), ["-c", mail.ConfigDirectory, "passwd", user], System.Text.Encoding.UTF8.GetBytes(password + "\n")).Ok();
}
