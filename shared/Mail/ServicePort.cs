using System.Globalization;

namespace PostfixNet.Mail;

/// <summary>Ports of mail services, by number or by name.</summary>
/// <remarks>No service database is read at start-up.</remarks>
public static class ServicePort
{
    /// <summary>The number.</summary>
    /// <returns>1..65535; null: neither a number of that range nor a name that is known.</returns>
    public static int? Parse(string text) => text switch
    {
        "smtp" => 25,
        "lmtp" => 24,
        "submission" => 587,
        "submissions" or "smtps" or "urd" => 465,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536 ? port : null,
    };
}
