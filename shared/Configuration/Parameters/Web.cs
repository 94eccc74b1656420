namespace PostfixNet.Configuration;

// Read by web; the first by master, too. Not Postfix's.
public static partial class Parameters
{
    /// <summary>The queue is shown over HTTP, to programs and on a page.</summary>
    public static readonly Parameter<bool> WebEnable = Flag("web_enable", "no");

    /// <summary>Address and port of the HTTP server; empty: only the Unix socket public/web of the queue directory.</summary>
    public static readonly Parameter<string> WebListen = Text("web_listen", "127.0.0.1:9155");

    /// <summary>Names under which browsers may call it, besides localhost and addresses.</summary>
    public static readonly Parameter<IReadOnlyList<string>> WebHosts = List("web_hosts", "$myhostname");

    /// <summary>File with the token that clients must show, of 32 characters at least.</summary>
    public static readonly Parameter<string> WebTokenFile = Text("web_token_file", "");

    /// <summary>File with the certificate of web_listen, and those that vouch for it (PEM); empty: no TLS.</summary>
    public static readonly Parameter<string> WebTlsCertFile = Text("web_tls_cert_file", "");

    /// <summary>File with its private key.</summary>
    public static readonly Parameter<string> WebTlsKeyFile = Text("web_tls_key_file", "$web_tls_cert_file");

    /// <summary>Messages, destinations and the suppression list can be acted on, by who shows the token.</summary>
    public static readonly Parameter<bool> WebActions = Flag("web_actions", "no");
}
