using System.Globalization;
using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Writes MAIL and RCPT commands for what a server can do.</summary>
internal static class EnvelopeCommands
{
    // Far beyond RFC 3461 section 4; what is longer is left out, since it only helps to tell about the message.
    private const int LongestParameter = 8192;

    /// <summary>An address must not end its command: with control characters it could begin another one.</summary>
    internal static bool CanBeSent(string address) =>
        address.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !address.Contains('\x7f', StringComparison.Ordinal) && address.Length <= 8192;

    /// <summary>The message cannot go to a server without SMTPUTF8 (RFC 6531 section 3.2): a local part in the envelope is not
    /// ASCII, and cannot be said. Domains can, by their A-labels; and headers go as they are, as such mail always did.</summary>
    internal static bool NeedsSmtpUtf8(ServerTurn turn, SmtpOptions options)
    {
        DeliveryRequest message = turn.Delivery.Request;
        if ((message.SmtpUtf8 & SmtpUtf8.Requested) == 0)
            return false;
        return DomainName.ToAsciiAddress(SenderOf(message, options)) is null
            || turn.State.Open.Exists(recipient => DomainName.ToAsciiAddress(options.Outside(recipient.Address)) is null);
    }

    // A return path is as the world is to see it.
    private static string SenderOf(DeliveryRequest message, SmtpOptions options) => message.ReturnPath ?? options.Outside(message.Sender);

    /// <summary>RFC 5321 section 4.1.1.2, with SIZE (RFC 1870), BODY (RFC 6152), ENVID and RET (RFC 3461), AUTH (RFC 4954),
    /// SMTPUTF8, REQUIRETLS (RFC 8689).</summary>
    internal static string Mail(DeliveryRequest message, ServerFeatures features, bool converted, SmtpOptions options, RequireTlsLevel requireTls = RequireTlsLevel.Disable)
    {
        StringBuilder command = new("MAIL FROM:<");
        bool isUtf8 = IsUtf8(message, features);
        command.Append(message.ReturnPath ?? InCommand(message.Sender, isUtf8, options)).Append('>');
        // What it will be when it is converted nobody knows yet.
        if (features.Size && !converted)
            command.Append(CultureInfo.InvariantCulture, $" SIZE={message.Size}");
        if (features.EightBitMime && !converted && message.Encoding != BodyEncoding.Unknown)
            command.Append(" BODY=").Append(message.Encoding.SmtpWord());
        if (features.Dsn)
        {
            if (message.EnvelopeId is { } given && Xtext.Encode(given) is { Length: <= LongestParameter } id)
                command.Append(" ENVID=").Append(id);
            // A server that promises nothing might return it by any way.
            DsnReturn wanted = requireTls != RequireTlsLevel.Disable && !features.RequireTls ? DsnReturn.Headers : message.Return;
            if (wanted != DsnReturn.Unspecified)
                command.Append(" RET=").Append(wanted.Word());
        }
        if (features.SendDummyAuth)
            command.Append(" AUTH=<>");
        if (isUtf8)
            command.Append(" SMTPUTF8");
        if (requireTls != RequireTlsLevel.Disable && features.RequireTls)
            command.Append(" REQUIRETLS");
        return command.ToString();
    }

    /// <summary>A command of <see cref="Mail"/> or <see cref="Rcpt"/> says more than the address, and could say less.</summary>
    internal static bool HasParameters(string command)
    {
        int end = command.LastIndexOf('>');
        string rest = command[(end + 1)..].Replace(" SMTPUTF8", "", StringComparison.Ordinal).Replace(" REQUIRETLS", "", StringComparison.Ordinal);
        return rest.Length > 0;
    }

    /// <summary>RFC 5321 section 4.1.1.3, with ORCPT and NOTIFY (RFC 3461).</summary>
    internal static string Rcpt(AttemptRecipient recipient, DeliveryRequest message, ServerFeatures features, SmtpOptions options)
    {
        StringBuilder command = new("RCPT TO:<");
        command.Append(InCommand(recipient.Address, IsUtf8(message, features), options)).Append('>');
        if (!features.Dsn)
            return command.ToString();
        if (OriginalRecipient(recipient.Recipient.DsnOriginal) is { } original)
            command.Append(" ORCPT=").Append(original);
        if (recipient.Recipient.Notify != Notify.Default)
            command.Append(" NOTIFY=").Append(recipient.Recipient.Notify.Words());
        return command.ToString();
    }

    private static bool IsUtf8(DeliveryRequest message, ServerFeatures features) => features.SmtpUtf8 && (message.SmtpUtf8 & SmtpUtf8.Requested) != 0;

    private static string InCommand(string address, bool isUtf8, SmtpOptions options)
    {
        string outside = options.Outside(address);
        if (!isUtf8)
            outside = DomainName.ToAsciiAddress(outside) ?? outside;
        return options.QuoteEnvelope ? Address.ToExternal(outside) : outside;
    }

    // RFC 3461 section 4.2: whatever a local user wrote, it is no further parameter.
    private static bool IsAtom(string type) => type.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/?^_`{|}~".Contains(c, StringComparison.Ordinal));

    private static string? OriginalRecipient(string? stored)
    {
        int semicolon = stored?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        if (stored is null || semicolon <= 0)
            return null;
        string type = stored[..semicolon];
        string address = stored[(semicolon + 1)..];
        // The ASCII spelling of RFC 6533 section 3 is understood by servers with SMTPUTF8 and by those without.
        string? encoded = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? Xtext.EncodeUtf8Address(address) : Xtext.Encode(address);
        return encoded is not { Length: > 0 and <= LongestParameter } || !IsAtom(type) ? null : $"{type};{encoded}";
    }
}
