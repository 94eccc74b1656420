namespace PostfixNet.Smtp;

/// <summary>The one session that is kept open between requests.</summary>
/// <remarks>qmgr sends the next request for the same next hop to the process whose session is open, so one is enough.</remarks>
internal sealed class SessionCache(Surroundings surroundings) : IDisposable
{
    private SmtpSession? _session;
    private SessionKey? _key;
    private long _since;

    /// <summary>Next hop of the open session; null when there is none.</summary>
    internal string? NextHop => _session is null ? null : _key?.NextHop;

    /// <summary>How long the session may stay at rest from now on, in milliseconds; -1 when there is none.</summary>
    internal int RemainingMilliseconds => _session is null
        ? -1
        : (int)Math.Max(0, (surroundings.Options.ConnectionCacheTimeLimit - surroundings.Clock.GetElapsedTime(_since)).TotalMilliseconds);

    /// <summary>Keeps a session in the place of the one before.</summary>
    internal void Keep(SessionKey key, SmtpSession session)
    {
        Close();
        (_key, _session, _since) = (key, session, surroundings.Clock.GetTimestamp());
    }

    /// <summary>Gives out the session that serves this message, if the server has not closed it meanwhile; it is then the
    /// caller's. Any other session is closed: qmgr has turned to something else.</summary>
    internal SmtpSession? Take(SessionKey key)
    {
        SmtpSession? session = _session;
        if (session is null)
            return null;
        if (_key != key || RemainingMilliseconds == 0 || !session.IsQuiet)
        {
            Close();
            return null;
        }
        _session = null;
        return session;
    }

    /// <summary>Ends the session, if there is one, with QUIT.</summary>
    internal void Close()
    {
        _session?.Dispose();
        _session = null;
    }

    public void Dispose() => Close();
}
