using System.Security.Cryptography;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Logins;

/// <summary>A login that a server refused, and that is left alone for a while.</summary>
/// <param name="Status">What the refusal means, "5.7.8" (RFC 3463).</param>
/// <param name="Reply">The server's words, without secrets.</param>
/// <param name="At">When; seconds since 1970.</param>
/// <param name="Until">When it may be tried again; seconds since 1970.</param>
public sealed record RefusedLogin(string Status, string Reply, long At, long Until);

/// <summary>What the service logins is asked before a login: whether it may be tried now.</summary>
/// <param name="Key">Tells logins apart: see <see cref="KeyOf"/>.</param>
/// <param name="Shown">For its log: who, where.</param>
/// <param name="Insists">It is tried in any case.</param>
public sealed record TurnQuestion(string Key, string Shown, bool Insists)
{
    private const string KeyField = "login", ShownField = "shown", InsistsField = "insists";

    /// <summary>A login with another secret is another login. Nothing is learned of the secret by it.</summary>
    /// <param name="parts">What makes it another one.</param>
    public static string KeyOf(params ReadOnlySpan<string> parts) => Convert.ToHexStringLower(SHA256.HashData(ByteText.Encode(string.Join('\0', parts))));

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(KeyField, Key).Add(ShownField, Shown).Add(InsistsField, Insists);

    /// <summary>Somebody asks this.</summary>
    public static bool Is(AttributeList list) => list?.Has(KeyField) == true;

    /// <exception cref="IpcException">Malformed.</exception>
    public static TurnQuestion From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new TurnQuestion(list.Text(KeyField), list.Text(ShownField), list.IsTrue(InsistsField));
    }
}

/// <summary>What a login came to.</summary>
/// <param name="Refusal">Status and words; null: the server took it.</param>
public sealed record LoginOutcome((string Status, string Reply)? Refusal)
{
    private const string AcceptedField = "accepted", StatusField = "status", ReplyField = "reply";

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => Refusal is { } refusal ? new AttributeList().Add(AcceptedField, false).Add(StatusField, refusal.Status).Add(ReplyField, refusal.Reply)
        : new AttributeList().Add(AcceptedField, true);

    /// <exception cref="IpcException">Malformed.</exception>
    public static LoginOutcome From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new LoginOutcome(list.Number(AcceptedField) != 0 ? null : (list.Text(StatusField), list.Text(ReplyField)));
    }
}

/// <summary>The turn of a process at a login, from the question whether it may until the outcome is told. If it is not told, the process has learned nothing of the login.</summary>
public sealed class LoginTurn : IDisposable
{
    private const string StatusField = "status", ReplyField = "reply", AtField = "at", UntilField = "until";

    private readonly Channel _channel;

    private LoginTurn(Channel channel, RefusedLogin? refused) => (_channel, Refused) = (channel, refused);

    /// <summary>Why the login is not to be tried now; null: it may be.</summary>
    public RefusedLogin? Refused { get; }

    /// <summary>Asks, and waits while another process is at this login; not for long.</summary>
    /// <param name="queue">queue_directory.</param>
    /// <exception cref="IpcException">The service does not answer.</exception>
    public static LoginTurn Take(string queue, TurnQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        Channel channel = LoginsService.Connect(queue);
        try
        {
            channel.Send(question.ToAttributes());
            return new LoginTurn(channel, Read(channel.ReceiveReply()));
        }
        catch (IpcException)
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Tells what the login came to.</summary>
    /// <exception cref="IpcException">The service does not take it.</exception>
    public void Tell(LoginOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        _channel.Send(outcome.ToAttributes());
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    /// <summary>The service's answer.</summary>
    public static AttributeList Answer(RefusedLogin? refused) => refused is null ? new AttributeList()
        : new AttributeList().Add(StatusField, refused.Status).Add(ReplyField, refused.Reply).Add(AtField, refused.At).Add(UntilField, refused.Until);

    private static RefusedLogin? Read(AttributeList list) =>
        list.Has(StatusField) ? new RefusedLogin(list.Text(StatusField), list.Text(ReplyField), list.Number(AtField), list.Number(UntilField)) : null;
}
