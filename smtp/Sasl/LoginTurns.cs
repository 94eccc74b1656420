using PostfixNet.Ipc;
using PostfixNet.Logins;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Whether a login may be tried now, which the service logins knows over all processes: one that was refused is left alone for a while.</summary>
/// <param name="take">Asks it.</param>
/// <param name="insists">Logins are tried in any case; what they come to is told all the same.</param>
internal sealed class LoginTurns(Func<TurnQuestion, LoginTurn> take, bool insists = false)
{
    private bool _isTold;

    /// <summary>Asks the service.</summary>
    /// <returns>null: it does not answer, and the login is tried as if nothing were known of it.</returns>
    internal LoginTurn? Take(Credentials credentials, Log log)
    {
        try
        {
            return take(new TurnQuestion(credentials.Fingerprint, credentials.Shown, insists));
        }
        catch (IpcException e)
        {
            Complain(e, log);
            return null;
        }
    }

    /// <summary>Tells what became of it.</summary>
    /// <param name="refusal">Status and words; null: the server took it.</param>
    internal void Tell(LoginTurn? turn, (string Status, string Reply)? refusal, Log log)
    {
        try
        {
            turn?.Tell(new LoginOutcome(refusal));
        }
        catch (IpcException e)
        {
            Complain(e, log);
        }
    }

    // Once for a process: it is the same for all logins.
    private void Complain(IpcException e, Log log)
    {
        if (!_isTold)
            log.Warning($"{e.Message}; logins that servers refuse are tried for each message");
        _isTold = true;
    }
}
