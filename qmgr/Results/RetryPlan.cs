namespace PostfixNet.Qmgr;

/// <summary>When one message is tried again: as soon as the most impatient of its deferred recipients.</summary>
/// <remarks>All recipients share a file, and so one time. Destinations whose time has not come are dead, or are tried early.</remarks>
internal sealed class RetryPlan
{
    private RetryPolicy? _policy;
    private long _notBefore;
    private TimeSpan _soonest;
    private bool _someGoOn;

    /// <summary>Recipients were deferred.</summary>
    /// <param name="policy">Of their destination.</param>
    /// <param name="age">Of the message.</param>
    /// <param name="now">Microseconds since 1970.</param>
    /// <param name="notBefore">When their destination may be tried again, likewise; before that an attempt is in vain (S5-21).</param>
    internal void PutOff(RetryPolicy policy, TimeSpan age, long now, long notBefore)
    {
        _someGoOn |= !policy.IsOver(age);
        TimeSpan pause = policy.PauseAt(age, 0), rest = TimeSpan.FromMicroseconds(Math.Max(0, notBefore - now));
        if (rest > pause)
            pause = rest;
        if (_policy is not null && pause >= _soonest)
            return;
        (_policy, _notBefore, _soonest) = (policy, notBefore, pause);
    }

    /// <summary>All recipients that were deferred have had their last attempt.</summary>
    internal bool IsOver => _policy is not null && !_someGoOn;

    /// <summary>When the next attempt is due, microseconds since 1970.</summary>
    /// <param name="usual">For a message that has to stay for another reason than its recipients.</param>
    /// <param name="age">Of the message.</param>
    /// <param name="now">Microseconds since 1970.</param>
    /// <param name="chance">A random number, from 0 to less than 1.</param>
    internal long NextAttempt(RetryPolicy usual, TimeSpan age, long now, double chance) =>
        Math.Max(_notBefore, now + (long)(_policy ?? usual).PauseAt(age, chance).TotalMicroseconds);
}
