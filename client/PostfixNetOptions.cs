namespace PostfixNet.Client;

/// <summary>How TLS is used with a server at <see cref="PostfixNetOptions.Host"/>.</summary>
public enum MailTls
{
    /// <summary>STARTTLS, or no mail; the certificate must be valid for the server's name.</summary>
    StartTls,

    /// <summary>TLS from the first octet (port 465); likewise.</summary>
    Wrapped,

    /// <summary>In the clear: for the loopback interface, and networks that nobody else is in.</summary>
    None,
}

/// <summary>Where the mail system is, and how patient the client is. Times are at least a millisecond.</summary>
public sealed class PostfixNetOptions
{
    /// <summary>Path of a public Unix-domain socket of smtpd, e.g. "/var/spool/postfix.net/public/submit". Either this, or <see cref="Host"/>.</summary>
    public string? Socket { get; set; }

    /// <summary>Name or address of the server.</summary>
    public string? Host { get; set; }

    /// <summary>Its port, 1 to 65535. Default: 587.</summary>
    public int Port { get; set; } = 587;

    /// <summary>Default: <see cref="MailTls.StartTls"/>; none for the loopback interface ("localhost", 127.0.0.1, ::1) and at <see cref="Socket"/>.</summary>
    public MailTls? Tls { get; set; }

    /// <summary>The name in the server's certificate. Default: <see cref="Host"/>.</summary>
    public string? ServerName { get; set; }

    /// <summary>A PEM file with the certificates of those who vouch for the server, in place of the system's.</summary>
    public string? TrustedCertificates { get; set; }

    /// <summary>To log in with, together with <see cref="Password"/>; never without TLS to another host. Not used at <see cref="Socket"/>.</summary>
    public string? UserName { get; set; }

    /// <summary>Of <see cref="UserName"/>.</summary>
    public string? Password { get; set; }

    /// <summary>What the client calls itself in EHLO. Default: the name of the machine.</summary>
    public string? HeloName { get; set; }

    /// <summary>Connections at once, 1 to 1000: further messages wait for one to be free. Default: 4.</summary>
    public int MaxConnections { get; set; } = 4;

    /// <summary>For a connection with TLS and login. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For each answer, and for each piece of content to be taken. Default: 1 min.</summary>
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>For the answer to the whole message, during which filters look at it and it goes to stable storage. To give up early may have it sent twice.
    /// Default: 10 min (RFC 5321 section 4.5.3.2.6).</summary>
    public TimeSpan AcceptTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an unused connection is kept. Default: 30 s.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Path of the socket of showq, for <see cref="IMailQueue.GetStatusAsync"/>. Default: "showq" beside <see cref="Socket"/>.</summary>
    public string? StatusSocket { get; set; }

    /// <summary>The directory of events, e.g. "/var/spool/postfix.net/events", for <see cref="IMailEvents"/>.</summary>
    public string? EventsDirectory { get; set; }

    internal string? StatusPath => StatusSocket ?? (Socket is null ? null : Path.Join(Path.GetDirectoryName(Socket), "showq"));

    internal MailTls EffectiveTls => Tls ?? (Socket is not null || OptionsCheck.IsLoopback(Host) ? MailTls.None : MailTls.StartTls);

    internal string Where => Socket ?? $"{Host}:{Port}";

    // What is set later does not change a client at work. A variable of the environment that is empty says nothing.
    internal PostfixNetOptions Copy()
    {
        PostfixNetOptions copy = (PostfixNetOptions)MemberwiseClone();
        (copy.Socket, copy.Host, copy.ServerName) = (OrNull(Socket), OrNull(Host), OrNull(ServerName));
        (copy.StatusSocket, copy.EventsDirectory) = (OrNull(StatusSocket), OrNull(EventsDirectory));
        return copy;

        static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;
    }
}
