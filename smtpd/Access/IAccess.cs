namespace PostfixNet.Smtpd;

/// <summary>Decides what a client may do. Each question is asked once, when the client says the thing; the answer is null, or the reply that
/// refuses it, of which the log was told.</summary>
internal interface IAccess
{
    /// <summary>The connection is there, or counts as new.</summary>
    /// <param name="stage">"CONNECT", or the command that said so.</param>
    public ValueTask<Reply?> Connect(Session session, string stage);

    /// <summary>HELO or EHLO was said; <see cref="Session.Helo"/> is the new name.</summary>
    /// <param name="command">Which.</param>
    public ValueTask<Reply?> Helo(Session session, string command);

    /// <summary>MAIL was said; the transaction is there.</summary>
    public ValueTask<Reply?> Sender(Session session);

    /// <summary>RCPT was said.</summary>
    /// <param name="recipient">Internal form.</param>
    public ValueTask<Reply?> Recipient(Session session, string recipient);

    /// <summary>DATA or the first BDAT was said.</summary>
    /// <param name="command">Which.</param>
    public ValueTask<Reply?> Data(Session session, string command);

    /// <summary>The content is there, and not queued yet.</summary>
    /// <param name="size">Its octets.</param>
    public ValueTask<Reply?> EndOfData(Session session, long size);
}
