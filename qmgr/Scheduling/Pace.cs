namespace PostfixNet.Qmgr;

/// <summary>The pause between two deliveries that a destination has taught us: it refused some because it takes no more in this
/// time (454 of a relay whose rate is reached). Each refusal doubles the pause, each success shortens it a little, so
/// the pace settles just below what the site takes, and follows when it takes more.</summary>
internal sealed class Pace
{
    // One refusal by itself teaches nothing; nor do those that were under way when the last lesson was learned.
    private const int Several = 3, FirstPause = 100, LongestPause = 10_000, LessonTime = 1000;
    private const int ShortestPause = 5, LongPause = 1000;
    private int _refused;
    private double _pause;
    private long _learnedAt;

    /// <summary>Deliveries keep a pause.</summary>
    internal bool IsSlow => _pause > 0;

    /// <summary>When the next delivery may start, on the loop's clock; in the past: now.</summary>
    internal long OpensAt { get; private set; }

    internal void Started(long now)
    {
        if (IsSlow)
            OpensAt = now + (long)_pause;
    }

    /// <summary>A delivery was refused because it came too soon after others.</summary>
    /// <returns>True: from now on it goes slower.</returns>
    internal bool Refused(long now)
    {
        if ((!IsSlow && ++_refused < Several) || (IsSlow && now < _learnedAt + LessonTime))
            return false;
        // Most limits are for a second: at first that of the present one is used up.
        _pause = IsSlow ? Math.Min(LongestPause, _pause * 2) : FirstPause;
        OpensAt = now + Math.Max(LessonTime, (long)_pause);
        _learnedAt = now;
        return true;
    }

    /// <summary>A delivery was taken, or refused for its own sake.</summary>
    internal void Taken()
    {
        _refused = 0;
        _pause -= _pause / (_pause > LongPause ? 16 : 64);
        if (_pause < ShortestPause)
            _pause = 0;
    }

    /// <summary>An operator asked.</summary>
    internal void Forget() => (_refused, _pause, OpensAt) = (0, 0, 0);
}
