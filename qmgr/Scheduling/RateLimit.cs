namespace PostfixNet.Qmgr;

/// <summary>So many deliveries, and no more, in any span of time of a certain length.</summary>
/// <remarks>The receiver counts one somewhere between its start and its end: at the connection, at MAIL, or when it has the content.
/// So the span begins for it when it ends: a start is allowed when all but the last deliveries before it have been over for the
/// span. Those that last longer than the span count as if they had lasted so long, which keeps at least half of the rate. The
/// limit is exact whichever way the receiver counts; a bucket that refills evenly would let nearly twice as many through
/// in one span.</remarks>
/// <param name="count">Deliveries, at least 1.</param>
/// <param name="period">The span.</param>
internal sealed class RateLimit(int count, TimeSpan period)
{
    private readonly long _period = (long)period.TotalMilliseconds;
    private (long Start, long End)[] _last = [];
    private int _oldest, _kept, _ended;

    /// <summary>When the next start is allowed; in the past: now.</summary>
    internal long OpensAt => _kept < count ? 0 : ForgottenAt(_last[_oldest]);

    /// <summary>When it is at the soonest, should those under way end now.</summary>
    internal long MayOpenAt => _kept < count ? 0 : Math.Min(_last[_oldest].End, _last[_oldest].Start) + _period;

    /// <summary>When all deliveries are forgotten.</summary>
    internal long QuietAt => _kept == 0 ? 0 : ForgottenAt(_last[At(_kept - 1)]);

    /// <summary>Whether it is this limit.</summary>
    internal bool Is(int otherCount, TimeSpan otherPeriod) => count == otherCount && _period == (long)otherPeriod.TotalMilliseconds;

    internal void Started(long now)
    {
        while (_kept > 0 && ForgottenAt(_last[_oldest]) <= now)
        {
            _oldest = At(1);
            _kept--;
            // Its end comes after it was forgotten.
            _ended--;
        }
        if (_kept == _last.Length)
            Grow();
        _last[At(_kept++)] = (now, long.MaxValue);
    }

    /// <summary>One of the deliveries ended. Which one does not matter: so many have.</summary>
    internal void Ended(long now)
    {
        // Else it was started under another limit.
        if (_ended >= _kept)
            return;
        if (_ended >= 0)
            _last[At(_ended)].End = now;
        _ended++;
    }

    private long ForgottenAt((long Start, long End) delivery) => Math.Min(delivery.End, delivery.Start + _period) + _period;

    private int At(int index) => (_oldest + index) % _last.Length;

    private void Grow()
    {
        (long, long)[] larger = new (long, long)[Math.Min(count, Math.Max(4, _kept * 2))];
        for (int i = 0; i < _kept; i++)
            larger[i] = _last[At(i)];
        (_last, _oldest) = (larger, 0);
    }
}
