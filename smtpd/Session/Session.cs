namespace PostfixNet.Smtpd;

/// <summary>What is known of a session: who the client is, what it has said so far.</summary>
internal sealed class Session(Chat chat, ClientInfo client)
{
    private static int s_number;

    internal Chat Chat => chat;

    /// <summary>The client; XCLIENT can change it.</summary>
    internal ClientInfo Client { get; set; } = client;

    /// <summary>What XFORWARD said of the client before this one.</summary>
    internal ForwardedClient? Forwarded { get; set; }

    /// <summary>The name that HELO or EHLO gave; null: neither was said.</summary>
    internal string? Helo { get; set; }

    /// <summary>"SMTP" or "ESMTP"; XCLIENT can change it.</summary>
    internal string Protocol { get; set; } = "SMTP";

    /// <summary>EHLO was said.</summary>
    internal bool IsExtended { get; set; }

    /// <summary>What the TLS layer knows; null: there is none.</summary>
    internal TlsInfo? Tls { get; set; }

    /// <summary>Who has logged in, and how; null: nobody.</summary>
    internal LoginInfo? Login { get; set; }

    /// <summary>Between MAIL and the end of the content; else null.</summary>
    internal Transaction? Transaction { get; private set; }

    internal void Begin(Transaction transaction) => Transaction = transaction;

    /// <summary>What was said before TLS counts no more.</summary>
    internal void Forget()
    {
        EndTransaction();
        (Helo, Login, IsExtended, Protocol) = (null, null, false, "SMTP");
    }

    /// <summary>The milters of this client; null: it has none.</summary>
    internal SessionMilters? Milters { get; set; }

    /// <summary>What came of a message that did not end is forgotten.</summary>
    internal void EndTransaction()
    {
        Transaction?.Chunks?.Dispose();
        if (Transaction is not null)
            Milters?.Abort();
        Transaction = null;
        Forwarded = null;
    }

    /// <summary>What is said in the place of a permission, after client restrictions that could not be checked.</summary>
    internal Reply? DeferAfterClient { get; set; }

    /// <summary>Likewise, after HELO restrictions.</summary>
    internal Reply? DeferAfterHelo { get; set; }

    /// <summary>It did not wait for an answer where it must.</summary>
    internal bool HasSpokenEarly { get; set; }

    /// <summary>Names the session, to policy services.</summary>
    internal string Instance { get; } = $"{Environment.ProcessId:x}.{Interlocked.Increment(ref s_number):x}";

    /// <summary>The client was refused when it came: all that it may say is QUIT.</summary>
    internal bool IsDenied { get; set; }

    /// <summary>How often each command was said, and how often it was taken: for the line at the end.</summary>
    internal Dictionary<string, (int Good, int All)> Counts { get; } = [];

    /// <summary>The connection over which the anvil service was told of it; null: it was not.</summary>
    internal Ipc.LoopChannel? CountedOver { get; set; }

    /// <summary>Octets of the content that comes just now; null: none does.</summary>
    internal long? ContentOctets { get; set; }

    /// <summary>Errors of the client so far.</summary>
    internal int Errors { get; set; }

    /// <summary>Commands that led to no mail.</summary>
    internal int Junk { get; set; }

    /// <summary>RFC 3848: how the message came, for Received: and the log.</summary>
    internal string ProtocolOf(Transaction transaction) =>
        !IsExtended ? Protocol : $"{(transaction.IsSmtpUtf8 ? "UTF8SMTP" : Protocol)}{(Tls is null ? "" : "S")}{(Login is null ? "" : "A")}";
}

/// <summary>What is told of TLS in headers, log lines, and to who decides.</summary>
/// <param name="Protocol">E.g. "TLSv1.3".</param>
/// <param name="Cipher">E.g. "TLS_AES_256_GCM_SHA384".</param>
/// <param name="Bits">Key size of the cipher.</param>
/// <param name="Subject">Common name of the client's certificate; empty: none.</param>
/// <param name="Issuer">Of its issuer.</param>
/// <param name="Fingerprint">Of the certificate, hexadecimal with colons; empty: none.</param>
/// <param name="KeyFingerprint">Of its public key.</param>
/// <param name="IsTrusted">The certificate was verified.</param>
internal sealed record TlsInfo(string Protocol, string Cipher, int Bits, string Subject = "", string Issuer = "", string Fingerprint = "", string KeyFingerprint = "", bool IsTrusted = false)
{
    /// <summary>What ties a login to this connection (tls-server-end-point); null: nothing.</summary>
    internal byte[]? ServerEndPoint { get; init; }
}

/// <summary>Who has logged in.</summary>
/// <param name="Method">The mechanism, e.g. "PLAIN".</param>
/// <param name="User">The name.</param>
internal sealed record LoginInfo(string Method, string User);

/// <summary>The client that a message had in the system before this one, as XFORWARD tells; empty: not told.</summary>
internal sealed record ForwardedClient
{
    internal string Name { get; init; } = "";
    internal string Address { get; init; } = "";
    internal string Port { get; init; } = "";
    internal string Helo { get; init; } = "";
    internal string Protocol { get; init; } = "";
    internal string Identity { get; init; } = "";
    internal string Source { get; init; } = "";
}
