using System.Globalization;

namespace PostfixNet.Mail;

/// <summary>Time spans as the delivery log prints them in <c>delay=</c> and <c>delays=a/b/c/d</c>.</summary>
public static class DelayText
{
    /// <summary>Two significant digits, rounded half up; from 10 s on whole seconds; no trailing zeros.</summary>
    /// <param name="seconds">Negative spans, which clock steps make, print as 0.</param>
    /// <param name="resolutionLimit">Most digits after the point, 0..6: delay_logging_resolution_limit.</param>
    public static string Format(double seconds, int resolutionLimit = 2) =>
        FormatMicroseconds(seconds >= 1e12 ? (long)1e18 : double.IsNaN(seconds) ? 0 : (long)Math.Round(seconds * 1e6), resolutionLimit);

    /// <summary>As <see cref="Format(double, int)"/>, from whole microseconds.</summary>
    public static string FormatMicroseconds(long microseconds, int resolutionLimit = 2)
    {
        const long Second = 1_000_000;
        if (microseconds <= 0)
            return "0";
        if (microseconds >= 10 * Second)
            return ((microseconds + Second / 2) / Second).ToString(CultureInfo.InvariantCulture);

        int decimals = 1;
        for (long leading = Second; microseconds < leading && decimals < 6; leading /= 10)
            decimals++;
        decimals = Math.Clamp(decimals, 0, Math.Clamp(resolutionLimit, 0, 6));

        long unit = Second;
        for (int i = 0; i < decimals; i++)
            unit /= 10;
        long units = (microseconds + unit / 2) / unit;
        long whole = Math.DivRem(units, Second / unit, out long fraction);
        if (fraction == 0)
            return whole.ToString(CultureInfo.InvariantCulture);
        // The 1 in front keeps the zeros after the point.
        string digits = (Second / unit + fraction).ToString(CultureInfo.InvariantCulture)[1..].TrimEnd('0');
        return string.Concat(whole.ToString(CultureInfo.InvariantCulture), ".", digits);
    }
}
