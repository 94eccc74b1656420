namespace PostfixNet.Qmgr;

/// <summary>The window of one destination: it grows while deliveries succeed and shrinks while the site is in trouble.</summary>
/// <remarks>A failure while other deliveries are under way, which go well, tells how many the site takes at once (421 too many
/// connections). That level is remembered as a ceiling, and tried again only after many successes, after each vain try
/// twice as many: so the window settles just below the site's limit.</remarks>
internal sealed class Concurrency
{
    // A sum of fractions that should be 1 may come out a hair below.
    private const double Epsilon = 1e-9;
    private const int ShortestPatience = 10, FirstPatience = 20, LongestPatience = 10_240;
    private ConcurrencyLimits _limits;
    private int _window, _held = int.MaxValue;
    private double _gain, _loss, _failedCohorts;
    private int _ceiling = int.MaxValue, _patience = FirstPatience, _successesAtCeiling;
    private bool _isProbing, _isProbation;

    internal Concurrency(ConcurrencyLimits limits)
    {
        _limits = limits;
        Reset();
    }

    /// <summary>The window grows no larger.</summary>
    internal int Limit => _limits.Limit > 0 ? _limits.Limit : int.MaxValue;

    /// <summary>Deliveries that may be under way at once.</summary>
    internal int Window => Math.Min(_window, _held);

    /// <summary>Something is known of the site that would have to be found out anew by trying.</summary>
    internal bool HasLearned => _ceiling < int.MaxValue || _isProbation;

    /// <summary>Goes on within other bounds; what was learned of the destination stays.</summary>
    internal void Apply(ConcurrencyLimits limits)
    {
        _limits = limits;
        _window = Math.Min(Math.Max(_window, limits.Initial), Math.Min(Limit, _ceiling));
    }

    /// <summary>The site was given up, and none has gone well since.</summary>
    internal bool IsOnProbation => _isProbation;

    /// <summary>A delivery ended, and the site was well.</summary>
    /// <param name="busy">Deliveries under way, this one included: a window that is not used does not grow.</param>
    internal void Succeeded(int busy)
    {
        _failedCohorts = 0;
        _loss = 0;
        _isProbation = false;
        if (_held < int.MaxValue)
            Lower(_held);
        if (_window >= _ceiling)
            ProbeUpward(busy);
        if (_window >= Math.Min(Limit, _ceiling) || _window >= (long)busy + _limits.Initial)
            return;
        _gain += _limits.Positive.At(_window);
        while (_gain + Epsilon >= 1)
        {
            _gain -= 1;
            _window++;
        }
        _window = Math.Min(_window, Math.Min(Limit, _ceiling));
    }

    /// <summary>The site itself failed: could not be reached, or refused to talk.</summary>
    /// <param name="busy">Deliveries under way, this one included.</param>
    /// <returns>True when the destination is to be given up for a while: a whole window failed, and nothing is under way
    /// that might still go well.</returns>
    internal bool Failed(int busy)
    {
        _failedCohorts += 1.0 / _window;
        if (_limits.FailedCohorts > 0 && _failedCohorts + Epsilon >= _limits.FailedCohorts && busy <= 1)
            return true;
        _gain = 0;
        _loss += _limits.Negative.At(_window);
        while (_loss + Epsilon >= 1)
        {
            _loss -= 1;
            _window = Math.Max(1, _window - 1);
        }
        // Too many at once, if one of the others goes well; if all fail, the site is ill.
        _held = busy > 1 ? busy - 1 : int.MaxValue;
        return false;
    }

    /// <summary>The site takes less than it gets; that says nothing about how many deliveries it can serve at once.</summary>
    internal void Slowed()
    {
        _gain = 0;
        _window = Math.Max(1, _window / 2);
    }

    /// <summary>Starts over, after the destination was given up or an operator asked.</summary>
    internal void Reset()
    {
        _window = Math.Min(_limits.Initial, Limit);
        _gain = _loss = _failedCohorts = 0;
        _held = int.MaxValue;
        _isProbation = false;
        (_ceiling, _patience, _successesAtCeiling, _isProbing) = (int.MaxValue, FirstPatience, 0, false);
    }

    /// <summary>Starts over after the site was given up: one delivery at a time, until one goes well.</summary>
    internal void Probe()
    {
        Reset();
        _window = 1;
        _isProbation = true;
    }

    private void Lower(int ceiling)
    {
        if (_isProbing)
            _patience = Math.Min(LongestPatience, _patience * 2);
        _isProbing = false;
        _successesAtCeiling = 0;
        _held = int.MaxValue;
        _ceiling = ceiling;
        _window = Math.Min(_window, ceiling);
    }

    private void ProbeUpward(int busy)
    {
        if (busy < _window || _window >= Limit || ++_successesAtCeiling < _patience)
            return;
        // The last step up went well: the site takes more than it once did.
        if (_isProbing)
            _patience = Math.Max(ShortestPatience, _patience / 2);
        _isProbing = true;
        _successesAtCeiling = 0;
        _ceiling++;
    }
}
