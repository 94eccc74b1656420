using System.Net;

namespace PostfixNet.Smtpd;

/// <summary>Only this host may relay.</summary>
internal sealed class LoopbackAccess : IAccess
{
    private static readonly ValueTask<Reply?> s_yes = new((Reply?)null);

    public ValueTask<Reply?> Connect(Session session) => s_yes;

    public ValueTask<Reply?> Helo(Session session) => s_yes;

    public ValueTask<Reply?> Sender(Session session) => s_yes;

    public ValueTask<Reply?> Recipient(Session session, string recipient) => session.Client.Address is null || IPAddress.IsLoopback(session.Client.Address)
        ? s_yes : new(new Reply(454, "4.7.1", $"<{Mail.Address.ToExternal(recipient)}>: Relay access denied"));

    public ValueTask<Reply?> Data(Session session) => s_yes;

    public ValueTask<Reply?> EndOfData(Session session, long size) => s_yes;
}
