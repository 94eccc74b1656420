using PostfixNet.Ipc;

namespace PostfixNet.Logins;

/// <summary>The service logins is asked for a token of OAuth 2.0.</summary>
/// <param name="Name">Of a table [oauth."NAME"].</param>
/// <param name="Refused">Hash of a token that a server has refused, <see cref="HashOf"/>; empty: none was.</param>
public sealed record TokenQuestion(string Name, string Refused)
{
    private const string NameField = "token", RefusedField = "refused";

    /// <summary>Tells tokens apart without telling them.</summary>
    public static string HashOf(string token) => TurnQuestion.KeyOf(token);

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(NameField, Name).Add(RefusedField, Refused);

    /// <summary>Somebody asks this.</summary>
    public static bool Is(AttributeList list) => list?.Has(NameField) == true;

    /// <exception cref="IpcException">Malformed.</exception>
    public static TokenQuestion From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new TokenQuestion(list.Text(NameField), list.Text(RefusedField));
    }

    /// <summary>Asks, and waits for the answer, 40 seconds at most.</summary>
    /// <param name="queue">queue_directory.</param>
    /// <exception cref="IpcException">The service does not answer.</exception>
    public TokenAnswer Ask(string queue)
    {
        using Channel channel = LoginsService.Connect(queue);
        channel.Send(ToAttributes());
        return TokenAnswer.From(channel.ReceiveReply());
    }
}

/// <summary>What the service says. Not a record: those print what they hold.</summary>
/// <param name="token">null: there is none.</param>
/// <param name="trouble">Why not.</param>
public sealed class TokenAnswer(string? token, string? trouble)
{
    private const string TokenField = "token", TroubleField = "trouble";

    /// <summary>null: there is none.</summary>
    public string? Token => token;

    /// <summary>Why there is none.</summary>
    public string? Trouble => trouble;

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => new AttributeList().AddOptional(TokenField, token).AddOptional(TroubleField, trouble);

    /// <exception cref="IpcException">Malformed.</exception>
    public static TokenAnswer From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new TokenAnswer(list.OptionalText(TokenField), list.OptionalText(TroubleField));
    }
}
