using System.Globalization;

namespace PostfixNet.Client.Smtp;

/// <summary>What a server announces after EHLO.</summary>
/// <param name="reply">Its answer.</param>
internal sealed class Features(SmtpReply reply)
{
    private readonly string[] _lines = reply.Text.Split('\n')[1..];

    internal bool Has(string keyword) => Find(keyword) is not null;

    /// <summary>A server that offers PLAIN.</summary>
    internal bool TakesPasswords => Find("AUTH")?.Split(' ').Contains("PLAIN", StringComparer.OrdinalIgnoreCase) ?? false;

    /// <summary>Recipients of one message (RFC 9422).</summary>
    internal int RecipientLimit => Find("LIMITS")?.Split(' ').Select(static word => word.Split('=')).FirstOrDefault(static pair => pair is ["RCPTMAX", _]) is [_, var number]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit > 0 ? limit : int.MaxValue;

    private string? Find(string keyword) => _lines.FirstOrDefault(line => line.Split(' ')[0].Equals(keyword, StringComparison.OrdinalIgnoreCase));
}
