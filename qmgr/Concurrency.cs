using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>Bounds of one destination's concurrency, from the transport's parameters.</summary>
/// <param name="Initial">initial_destination_concurrency.</param>
/// <param name="Limit">destination_concurrency_limit; 0: none.</param>
/// <param name="Positive">Growth per success: a number, or one divided by the window or by its root.</param>
/// <param name="Negative">Shrinking per failure, likewise.</param>
/// <param name="FailedCohorts">So many windows full of failures, without a success between, and the destination is dead; 0: never.</param>
internal sealed record ConcurrencyLimits(int Initial, int Limit, Feedback Positive, Feedback Negative, int FailedCohorts)
{
    internal static ConcurrencyLimits Of(MainConfig config, string transport) => new(
        Math.Max(1, config.ForTransport(Parameters.InitialDestinationConcurrency, transport)),
        config.ForTransport(Parameters.DefaultDestinationConcurrencyLimit, transport),
        Feedback.Parse(config.ForTransport(Parameters.DefaultDestinationConcurrencyPositiveFeedback, transport)),
        Feedback.Parse(config.ForTransport(Parameters.DefaultDestinationConcurrencyNegativeFeedback, transport)),
        config.ForTransport(Parameters.DefaultDestinationConcurrencyFailedCohortLimit, transport));
}

/// <summary>How much one result counts: "1", "0.5", "1/concurrency", "1/sqrt_concurrency".</summary>
internal readonly record struct Feedback(double Number, bool PerWindow, bool PerRoot)
{
    /// <exception cref="ConfigurationException">None of the forms, or not in 0..1.</exception>
    internal static Feedback Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string number = (slash < 0 ? text : text[..slash]).Trim(), divisor = slash < 0 ? "" : text[(slash + 1)..].Trim();
        bool ok = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1
            && divisor is "" or "concurrency" or "sqrt_concurrency";
        return ok ? new Feedback(value, divisor == "concurrency", divisor == "sqrt_concurrency")
            : throw new ConfigurationException($"concurrency feedback \"{text}\": want a number from 0 to 1, or number/concurrency, or number/sqrt_concurrency");
    }

    internal double At(int window) => PerWindow ? Number / window : PerRoot ? Number / Math.Sqrt(window) : Number;
}

/// <summary>The window of one destination: it grows while deliveries succeed and shrinks while the site is in trouble.</summary>
internal sealed class Concurrency
{
    // A sum of fractions that should be 1 may come out a hair below.
    private const double Epsilon = 1e-9;
    private ConcurrencyLimits _limits;
    private double _gain, _loss, _failedCohorts;

    internal Concurrency(ConcurrencyLimits limits)
    {
        _limits = limits;
        Reset();
    }

    /// <summary>Deliveries that may be under way at once.</summary>
    internal int Window { get; private set; }

    /// <summary>Goes on within other bounds; what was learned of the destination stays.</summary>
    internal void Apply(ConcurrencyLimits limits)
    {
        _limits = limits;
        Window = Bounded(Math.Max(Window, limits.Initial));
    }

    /// <summary>A delivery ended, and the site was well.</summary>
    /// <param name="busy">Deliveries under way, this one included: a window that is not used does not grow.</param>
    internal void Succeeded(int busy)
    {
        _failedCohorts = 0;
        _loss = 0;
        if ((_limits.Limit > 0 && Window >= _limits.Limit) || Window >= busy + _limits.Initial)
            return;
        _gain += _limits.Positive.At(Window);
        while (_gain + Epsilon >= 1)
        {
            _gain -= 1;
            Window++;
        }
        Window = Bounded(Window);
    }

    /// <summary>The site itself failed: could not be reached, or refused to talk.</summary>
    /// <returns>True when the destination is to be given up for a while.</returns>
    internal bool Failed()
    {
        _failedCohorts += 1.0 / Window;
        if (_limits.FailedCohorts > 0 && _failedCohorts + Epsilon >= _limits.FailedCohorts)
            return true;
        _gain = 0;
        _loss += _limits.Negative.At(Window);
        while (_loss + Epsilon >= 1)
        {
            _loss -= 1;
            Window = Math.Max(1, Window - 1);
        }
        return false;
    }

    /// <summary>Starts over, after the destination was given up or an operator asked.</summary>
    internal void Reset()
    {
        Window = Bounded(_limits.Initial);
        _gain = _loss = _failedCohorts = 0;
    }

    private int Bounded(int window) => _limits.Limit > 0 ? Math.Min(window, _limits.Limit) : window;
}
