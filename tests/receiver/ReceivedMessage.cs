using System.Globalization;
using System.Text;

namespace PostfixNet.Receiver;

/// <summary>One recipient of a transaction, as the client named it.</summary>
/// <param name="Address">what stood between the angle brackets of RCPT TO</param>
/// <param name="Parameters">what followed them, e.g. <c>NOTIFY=FAILURE ORCPT=rfc822;b@x.test</c>; empty when nothing did</param>
public sealed record ReceivedRecipient(string Address, string Parameters);

/// <summary>One transaction that ended with an accepted final dot.</summary>
/// <param name="Number">counts the stored transactions of one receiver, from 1</param>
/// <param name="Connection">counts the connections, from 1; equal numbers mean a reused session</param>
/// <param name="Helo">name given with EHLO or HELO</param>
/// <param name="Sender">what stood between the angle brackets of MAIL FROM; empty for the null sender</param>
/// <param name="SenderParameters">what followed them, e.g. <c>SIZE=340 BODY=8BITMIME</c></param>
/// <param name="Recipients">the accepted recipients in the order given</param>
/// <param name="Content">the message after removal of stuffed dots, each line ended as the client ended it</param>
/// <param name="StoredAt">moment just before the reply to the final dot</param>
public sealed record ReceivedMessage(
    int Number,
    int Connection,
    string Helo,
    string Sender,
    string SenderParameters,
    IReadOnlyList<ReceivedRecipient> Recipients,
    byte[] Content,
    DateTimeOffset StoredAt)
{
    /// <summary>The TLS session that it came over was begun with this certificate of the client: its subject. null: there was none.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The content as text, one character for each byte.</summary>
    public string Text => Encoding.Latin1.GetString(Content);

    /// <summary>Value of the first header of that name, unfolded, or null; names compare without case.</summary>
    public string? Header(string name)
    {
        string text = Text;
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string header = end < 0 ? text : text[..end];
        string? value = null;
        foreach (string line in header.Split("\r\n"))
        {
            bool continues = line.Length > 0 && (line[0] == ' ' || line[0] == '\t');
            if (value != null && !continues)
                return value;
            if (value != null)
                value += line;
            else if (!continues && line.Length > name.Length && line[name.Length] == ':'
                && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                value = line[(name.Length + 1)..].Trim();
        }
        return value;
    }

    /// <summary>The content of the .env file: one <c>name value</c> line per fact.</summary>
    internal string EnvelopeText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"connection {Connection}\n");
        text.Append(CultureInfo.InvariantCulture, $"stored {StoredAt:yyyy-MM-ddTHH:mm:ss.fffZ}\n");
        text.Append(CultureInfo.InvariantCulture, $"helo {Helo}\n");
        text.Append(CultureInfo.InvariantCulture, $"mail <{Sender}>{Parameters(SenderParameters)}\n");
        if (ClientCertificate is not null)
            text.Append(CultureInfo.InvariantCulture, $"certificate {ClientCertificate}\n");
        foreach (ReceivedRecipient recipient in Recipients)
            text.Append(CultureInfo.InvariantCulture, $"rcpt <{recipient.Address}>{Parameters(recipient.Parameters)}\n");
        return text.ToString();
    }

    private static string Parameters(string parameters) => parameters.Length == 0 ? "" : " " + parameters;
}
