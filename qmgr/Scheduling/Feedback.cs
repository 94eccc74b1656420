using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

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
