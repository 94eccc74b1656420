using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <param name="prefix">"" or "resent-".</param>
    internal void MessageId(Message message, string prefix, string id) =>
        log.Info($"{message.Id}: {prefix}message-id={id}");

    internal void Rejected(Message message, string why) => log.Warning($"{message.Id}: message rejected: {why}");

    internal void AliasTrouble(Message message, string what, string address) =>
        log.Warning($"{message.Id}: unreasonable virtual_alias_maps map {what} for {address} -- message not accepted, try again later");

    /// <returns>To be thrown: the message waits until the table is repaired.</returns>
    internal Refusal NoAddress(Message message, string maps, string address)
    {
        log.Warning($"{message.Id}: {maps} lookup of {address} returns no address -- message not accepted, try again later");
        return new Refusal("address rewriting error", isTemporary: true);
    }

    internal void SeveralAddresses(Message message, string maps, string address) =>
        log.Warning($"{message.Id}: multi-valued {maps} entry for {address}");

    internal void Endless(Message message, string maps, string address) =>
        log.Warning($"{message.Id}: unreasonable {maps} map nesting: {address} is used, although it is not the end");

    internal void BadTlsRequired(Message message, string value) =>
        log.Warning($"{message.Id}: ignoring malformed header: 'TLS-Required:{PrintableText.Of(value.Length > 100 ? value[..100] : value)}'");

    internal void Disallowed(Message message) => log.Info($"{message.Id}: reject: content from=<{message.Sender}>: 5.7.1 disallowed character");

    internal void LookupFailed(Message message, string why) => log.Warning($"{message.Id}: {why} -- message not accepted, try again later");

    /// <returns>To be thrown.</returns>
    internal Refusal UnusableAlias(Message message, string name, string problem)
    {
        log.Warning($"{message.Id}: the alias {name} {problem} -- message not accepted, try again later");
        return Refusal.OfExpansion();
    }

    /// <returns>To be thrown.</returns>
    internal Refusal AliasLoop(Message message, string name, string address)
    {
        log.Warning($"{message.Id}: alias database loop for {name}, from {address} -- message not accepted, try again later");
        return Refusal.OfExpansion();
    }

    /// <summary>A list's mail is queued for its members.</summary>
    internal void Forwarded(Message message, Recipient list, QueueId forwarded, in DeliveryLog.Times times, int resolution) =>
        log.Write(Severity.Info, DeliveryLog.Line(message.Id, list, "local", 0, times, DeliveryStatus.Sent, new Dsn("2.0.0", $"forwarded as {forwarded}"), resolution));
    /// <param name="word">"milter-reject", "milter-hold" or "milter-discard".</param>
    internal void MilterDecided(Message message, string word, string stage, string client, string text, string? recipient, string? protocol, string? helo)
    {
        string sender = message.Sender is { } from ? $" from=<{(from.Length == 0 ? "" : Address.ToExternal(from))}>" : "";
        string to = recipient is null ? "" : $" to=<{Address.ToExternal(recipient)}>";
        log.Info($"{message.Id}: {word}: {stage} from {client}: {PrintableText.Of(text)};{PrintableText.Of($"{sender}{to}{(protocol is null ? "" : $" proto={protocol}")}{(helo is null ? "" : $" helo=<{helo}>")}")}");
    }

    /// <summary>Something is done because of a line of the message.</summary>
    /// <param name="word">"reject", "warning", "hold" ...</param>
    /// <param name="text">What the table says; empty: nothing.</param>
    internal void Checked(Message message, string word, bool isHeader, ReadOnlySpan<byte> line, string text) =>
        log.Info($"{message.Id}: {word}: {PrintableText.Of($"{(isHeader ? "header" : "body")} {Beginning(line, 200)} from {Origin(message)};{Envelope(message)}{(text.Length > 0 ? $": {text}" : "")}")}");

    internal void Wrong(Message message, string why, ReadOnlySpan<byte> text) =>
        log.Info($"{message.Id}: reject: mime-error {why}: {PrintableText.Of($"{Beginning(text, 100)} from {Origin(message)};{SenderAndRecipient(message)}")}");

    /// <summary>Something is done because of a header that a milter adds.</summary>
    /// <inheritdoc cref="Checked"/>
    internal void MilterChecked(Message message, string word, string header, string client, string text) =>
        log.Info($"{message.Id}: milter-header-{word}: {PrintableText.Of($"header {Beginning(ByteText.Encode(header), 200)} from {client};{Envelope(message)}: {text}")}");

    internal void CheckTrouble(string what) => log.Warning(PrintableText.Of(what));

    private static string Origin(Message message) => message.Origin ?? (message.IsFromServer ? "unknown" : "local");

    private static string Beginning(ReadOnlySpan<byte> line, int octets) => ByteText.Decode(line[..Math.Min(line.Length, octets)]);

    private static string Envelope(Message message) =>
        $"{SenderAndRecipient(message)}{(message.Protocol is { } protocol ? $" proto={protocol}" : "")}{(message.Helo is { } helo ? $" helo=<{helo}>" : "")}";

    private static string SenderAndRecipient(Message message)
    {
        string sender = message.Sender is { } from ? $" from=<{(from.Length == 0 ? "" : Address.ToExternal(from))}>" : "";
        string recipient = message.LastRecipient is { } to ? $" to=<{Address.ToExternal(to)}>" : "";
        return $"{sender}{recipient}";
    }

    internal void MilterTrouble(string what) => log.Warning(what);

    internal void MilterRefusesRecipient(Message message)
    {
        log.Warning($"{message.Id}: milter configuration error: can't reject recipient in non-smtpd(8) submission");
        log.Warning($"{message.Id}: message not accepted, try again later");
    }

    internal void MilterParameter(Message message, string request, string word) =>
        log.Warning($"{message.Id}: ignoring bad ESMTP parameter \"{PrintableText.Of(word.Length > 100 ? word[..100] : word)}\" in {request} request");

    internal void MilterNoRecipient(Message message) => log.Warning($"{message.Id}: ignoring attempt from Milter to add null recipient");

    internal void NotTraced(Message message, string why) => log.Warning($"{message.Id}: alias expansion not on record: {why}");

    internal void WriteError(string what) => log.Warning($"queue file write error: {what}");

    internal void NoSpace(string what) => log.Warning($"not enough free space in the queue: {what}");

    internal void GivenUp(Message message, string why) => log.Info($"{message.Id}: not queued: {why}");
}
