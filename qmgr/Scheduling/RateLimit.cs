namespace PostfixNet.Qmgr;

/// <summary>So many starts, and no more, in any span of time of a certain length.</summary>
/// <remarks>The times of the last starts are kept, so the limit is exact whichever way the receiver counts; a bucket that
/// refills evenly would let nearly twice as many through in one span.</remarks>
/// <param name="count">Starts, at least 1.</param>
/// <param name="period">The span.</param>
internal sealed class RateLimit(int count, TimeSpan period)
{
    private readonly long _period = (long)period.TotalMilliseconds;
    private long[] _starts = [];
    private int _oldest, _kept;

    /// <summary>When the next start is allowed; in the past: now.</summary>
    internal long OpensAt => _kept < count ? 0 : _starts[_oldest] + _period;

    /// <summary>When all starts are forgotten.</summary>
    internal long QuietAt => _kept == 0 ? 0 : _starts[(_oldest + _kept - 1) % _starts.Length] + _period;

    /// <summary>Whether it is this limit.</summary>
    internal bool Is(int otherCount, TimeSpan otherPeriod) => count == otherCount && _period == (long)otherPeriod.TotalMilliseconds;

    internal void Started(long now)
    {
        while (_kept > 0 && _starts[_oldest] + _period <= now)
        {
            _oldest = (_oldest + 1) % _starts.Length;
            _kept--;
        }
        if (_kept == _starts.Length)
            Grow();
        _starts[(_oldest + _kept++) % _starts.Length] = now;
    }

    private void Grow()
    {
        long[] larger = new long[Math.Min(count, Math.Max(4, _kept * 2))];
        for (int i = 0; i < _kept; i++)
            larger[i] = _starts[(_oldest + i) % _starts.Length];
        (_starts, _oldest) = (larger, 0);
    }
}
