using System.Globalization;

namespace PostfixNet.Mail;

/// <summary>Time spans as people read them: "45s", "12m", "3h05m", "2d4h"; two units at most.</summary>
public static class AgeText
{
    /// <param name="seconds">Negative ones are 0.</param>
    public static string Of(long seconds) => Math.Max(0, seconds) switch
    {
        < 60 and var s => Text($"{s}s"),
        < 3600 and var s => Text($"{s / 60}m"),
        < 86_400 and var s => Text($"{s / 3600}h{s / 60 % 60:00}m"),
        var s => Text($"{s / 86_400}d{s / 3600 % 24}h"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
