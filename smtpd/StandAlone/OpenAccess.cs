namespace PostfixNet.Smtpd;

/// <summary>Nothing is asked of a user's own process: he may send mail by sendmail, too.</summary>
internal sealed class OpenAccess : IAccess
{
    public ValueTask<Reply?> Connect(Session session, string stage) => default;

    public ValueTask<Reply?> Helo(Session session, string command) => default;

    public ValueTask<Reply?> Sender(Session session) => default;

    public ValueTask<Reply?> Recipient(Session session, string recipient) => default;

    public ValueTask<Reply?> Data(Session session, string command) => default;

    public ValueTask<Reply?> EndOfData(Session session, long size) => default;
}
