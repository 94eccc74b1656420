using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>When mail that could not be delivered is tried again: the one place where that is decided (A0.6).</summary>
/// <remarks>The number of attempts is stored nowhere: it follows from the age of the mail. A queue file needs no field of its
/// own for it, and a system that was down for a day does not catch up on the attempts of that day.
/// Attempts come a little later than their time, by chance: else mail that failed together would come back together each
/// time (A0.12).</remarks>
internal sealed class RetryPolicy
{
    private const double UsualJitter = 0.25;
    private const double QuadraticSeconds = 400;
    // 5 s of 450: by so much a doubling pause may be shorter or longer (S3-17).
    private const double DoublingJitter = 5.0 / 450;
    // Attempts may come a little before their time: clocks are read in whole seconds, and jitter may shorten a pause.
    private const double EarlySeconds = 2, EarlyShare = 1.02;

    private static readonly RetryRule s_usual = new(RetryLaw.Postfix, [], false);

    private readonly RetryRule _rule;
    private readonly double _minimum, _maximum, _jitter;
    private readonly bool _bothWays;

    /// <param name="rule">What main.toml says; null: nothing.</param>
    /// <param name="jitterPercent">Likewise: by how much of the pause an attempt may be late.</param>
    /// <param name="minimum">minimal_backoff_time.</param>
    /// <param name="maximum">maximal_backoff_time.</param>
    internal RetryPolicy(RetryRule? rule, int? jitterPercent, TimeSpan minimum, TimeSpan maximum)
    {
        _rule = rule ?? s_usual;
        (_minimum, _maximum) = (minimum.TotalSeconds, maximum.TotalSeconds);
        _bothWays = _rule.Law == RetryLaw.Doubling && jitterPercent is null;
        _jitter = _bothWays ? DoublingJitter : jitterPercent is { } percent ? percent / 100.0 : UsualJitter;
        if (_rule.ThenFails)
            EndsAt = _rule.Pauses.Aggregate(TimeSpan.Zero, static (sum, pause) => sum + pause);
    }

    /// <summary>Age at which the mail is given up, whatever its lifetime; null: it has its lifetime.</summary>
    internal TimeSpan? EndsAt { get; }

    /// <summary>The pause after an attempt that failed now.</summary>
    /// <param name="age">Time since the mail was queued.</param>
    /// <param name="chance">A random number, from 0 to less than 1.</param>
    internal TimeSpan PauseAt(TimeSpan age, double chance)
    {
        double seconds = Math.Max(0, age.TotalSeconds);
        return TimeSpan.FromSeconds(_rule.Law switch
        {
            RetryLaw.Postfix => WithinBounds(seconds, chance),
            // S1-42: 400 s x 1, 4, 9, 16, ... after the arrival, and always in the future.
            RetryLaw.Quadratic => (QuadraticSeconds * NextSquare(seconds) * NextSquare(seconds) - seconds) * (1 + _jitter * chance),
            _ => Listed(seconds) * (_bothWays ? 1 + _jitter * (2 * chance - 1) : 1 + _jitter * chance),
        });
    }

    /// <summary>Whether mail of this age has had its last attempt.</summary>
    internal bool IsOver(TimeSpan age) => EndsAt is { } end && age.TotalSeconds * EarlyShare >= end.TotalSeconds;

    /// <summary>No pause is longer, for mail up to this age.</summary>
    internal TimeSpan LongestPause(TimeSpan age)
    {
        if (_rule.Law == RetryLaw.Postfix)
            return TimeSpan.FromSeconds(Math.Max(_minimum, _maximum));
        // Squares are ever farther apart.
        double longest = _rule.Law == RetryLaw.Quadratic ? QuadraticSeconds * 2 * NextSquare(age.TotalSeconds) : 0;
        return TimeSpan.FromSeconds(_rule.Pauses.Select(static pause => pause.TotalSeconds).Append(longest).Max() * (1 + _jitter));
    }

    // S5-20: as long as the mail is old, within two bounds; jitter respects them too.
    private double WithinBounds(double age, double chance)
    {
        double least = Math.Max(_minimum, Math.Min(age, _maximum / (1 + _jitter)));
        double most = Math.Max(least, Math.Min(least * (1 + _jitter), _maximum));
        return least + (most - least) * chance;
    }

    // Number of the first attempt that is still to come.
    private static double NextSquare(double age) => Math.Floor(Math.Sqrt((age + EarlySeconds) / QuadraticSeconds)) + 1;

    private double Listed(double age)
    {
        int i = 0;
        for (double sum = _rule.Pauses[0].TotalSeconds; sum <= age * EarlyShare && i + 1 < _rule.Pauses.Count; i++)
            sum += _rule.Pauses[i + 1].TotalSeconds;
        return _rule.Pauses[i].TotalSeconds;
    }
}
