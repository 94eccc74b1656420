using PostfixNet.Ipc;
using PostfixNet.Logins;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Whether a login may be tried now, which the service logins knows over all processes: one that was refused is left alone for a while.</summary>
/// <param name="take">Asks it.</param>
/// <param name="clock">Says how long it is left alone after it was silent.</param>
/// <param name="insists">Logins are tried in any case; what they come to is told all the same.</param>
internal sealed class LoginTurns(Func<TurnQuestion, LoginTurn> take, TimeProvider clock, bool insists = false)
{
    // A service that hangs makes each question wait for its time limit, while a server waits for us. One that has ended is there again at once.
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(1), s_longWait = TimeSpan.FromSeconds(1);

    private long? _silentSince;
    private bool _isTold;

    /// <summary>Asks the service.</summary>
    /// <returns>null: it does not answer, and the login is tried as if nothing were known of it.</returns>
    internal LoginTurn? Take(Credentials credentials, Log log)
    {
        if (_silentSince is { } since && clock.GetElapsedTime(since) < s_rest)
            return null;
        _silentSince = null;
        long began = clock.GetTimestamp();
        try
        {
            return take(new TurnQuestion(credentials.Fingerprint, credentials.Shown, insists));
        }
        catch (IpcException e)
        {
            if (clock.GetElapsedTime(began) >= s_longWait)
                _silentSince = clock.GetTimestamp();
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
