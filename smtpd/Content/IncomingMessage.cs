using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>A message on its way from a client to the queue: the content streams through, a buffer of it at a time.</summary>
/// <remarks>cleanup is asked for its queue ID only once the first buffer is full, or the content is over: a client that says nothing more keeps no
/// process of cleanup from others.</remarks>
internal sealed class IncomingMessage : IDisposable
{
    private const int Room = 32 * 1024;

    private readonly Surroundings _surroundings;
    private readonly Session _session;
    private readonly Transaction _transaction;
    private readonly OutputBuffer _pending = new(1024);
    private readonly RecordWriter _records;
    private readonly BareNewline _bareNewline;
    private INewMessage? _message;
    private Reply? _trouble;
    private bool _isFirst = true, _isDropped;

    internal IncomingMessage(Surroundings surroundings, Session session, Transaction transaction, bool hasDots)
    {
        (_surroundings, _session, _transaction) = (surroundings, session, transaction);
        _records = new RecordWriter(_pending.Add);
        _bareNewline = Options.BareNewlineExclusions.Contains(session.Client.Name, session.Client.Address) ? BareNewline.Allow : Options.BareNewline;
        Lines = new ContentLines(Options.LineLengthLimit, _bareNewline != BareNewline.Allow, hasDots, Put);
    }

    private SmtpdOptions Options => _surroundings.Options;

    /// <summary>Takes the content.</summary>
    internal ContentLines Lines { get; }

    /// <summary>Its queue ID; null: it has none yet.</summary>
    internal QueueId? Id => _message?.Id;

    /// <summary>Sends on what has gathered, once it is much.</summary>
    internal async ValueTask Drain()
    {
        if (Options.MessageSizeLimit > 0 && Lines.Size > Options.MessageSizeLimit && _trouble is null)
        {
            _surroundings.Log.TooLarge(_session, Options.MessageSizeLimit);
            Fail(new Reply(552, "5.3.4", "Error: message file too big"));
        }
        if (_transaction.IsDiscarded)
            _pending.Clear();
        else if (_records.Position >= Room && _trouble is null)
            await Send();
    }

    /// <summary>The content is over: it is queued, or the reply says why not.</summary>
    internal async ValueTask<Reply> Finish()
    {
        _transaction.IsOver = true;
        Lines.End();
        if (_trouble is null && Lines.HasBareNewline && await BareNewlines() is { } refused)
            Fail(refused);
        if (_trouble is null && await _surroundings.Access.EndOfData(_session, Lines.Size) is { } refusal)
            Fail(refusal);
        if (_trouble is not null)
            return _trouble;
        if (_transaction.IsDiscarded)
        {
            Drop();
            return Discarded();
        }
        _records.Write(RecordType.Extracted);
        WriteDecisions();
        _records.Write(RecordType.End);
        await Send();
        if (_trouble is not null)
            return _trouble;
        try
        {
            CleanupReply.Ended end = await _message!.Finish();
            _session.Milters?.TakenBack();
            return ReplyTo(end, _message.Id);
        }
        catch (IOException e)
        {
            // Whether it is queued is not known: the client asks again, and nothing is lost.
            _session.Milters?.Lost();
            _surroundings.Log.QueueTrouble(_session, e.Message);
            return QueueError;
        }
    }

    // What restrictions want done with the message.
    private void WriteDecisions()
    {
        // The filter's record: see RecordType.TextPart.
        if (_transaction.Filter is { } filter)
            _records.Write(RecordType.TextPart, filter);
        if (_transaction.Redirect is { } redirect)
            _records.Write(RecordType.Redirect, redirect);
        foreach (string copy in _transaction.Copies)
        {
            _records.WriteAttribute(AttributeName.NotifyFlags, (long)Notify.Never);
            _records.Write(RecordType.Recipient, copy);
        }
        if (_transaction.IsHeld)
            _records.Write(RecordType.Flags, RecordRules.HoldFlag);
    }

    // Its sender is not to see it: the ID is one that no file has.
    private Reply Discarded()
    {
        (long seconds, long micro) = Math.DivRem(MailTime.Microseconds(_surroundings.Clock), 1_000_000);
        return Reply.Ok.WithText($"Ok: queued as {QueueId.Create(seconds, (int)micro, (ulong)Random.Shared.Next(100_000, 10_000_000), longForm: true)}");
    }

    private static Reply QueueError => new(451, "4.3.0", "Error: queue file write error") { IsOurTrouble = true };

    private static Reply ReplyTo(CleanupReply.Ended end, QueueId id) => end switch
    {
        { Reply.Length: > 0 } when Reply.OfLines(end.Reply) is var told => told with { IsLast = told.Code == 421 },
        { Verdict: CleanupVerdict.Accepted } => Reply.Ok.WithText($"Ok: queued as {id}"),
        { Verdict: CleanupVerdict.TryAgain } => new Reply(451, "4.3.0", $"Error: {end.Reason}") { IsOurTrouble = true },
        { Status: "5.3.4" } => new Reply(552, end.Status, $"Error: {end.Reason}"),
        _ => new Reply(554, end.Status.Length > 0 ? end.Status : "5.5.0", $"Error: {end.Reason}"),
    };

    private ValueTask<Reply?> BareNewlines()
    {
        switch (_bareNewline)
        {
            case BareNewline.Note:
                _surroundings.Log.BareNewline(_session, Id);
                break;
            case BareNewline.Reject:
                _surroundings.Log.BareNewline(_session, Id);
                return new(new Reply(Options.BareNewlineCode, "5.5.2", $"{Options.MyHostname} Error: bare <LF> received") { IsLast = true });
        }
        return new((Reply?)null);
    }

    // Nothing more of it is kept, and what was is gone.
    private void Fail(Reply reply)
    {
        _trouble = reply;
        Drop();
    }

    private void Drop()
    {
        _isDropped = true;
        // Without the end of the message nothing was said to its milters there.
        _session.Milters?.TakenBack();
        _message?.Dispose();
        _message = null;
        _pending.Clear();
    }

    private void Put(RecordType type, ReadOnlySpan<byte> text)
    {
        if (_isDropped)
            return;
        if (_isFirst)
        {
            // Of a mailbox file: RFC 4155.
            if (text.TrimStart((byte)'>').StartsWith("From "u8))
            {
                _records.Write(type, (byte[])[.. "X-Mailbox-Line: "u8, .. text]);
                return;
            }
            _isFirst = false;
            if (text is [(byte)' ' or (byte)'\t', ..])
                _records.Write(RecordType.Text);
        }
        _records.Write(type, text);
    }

    private async ValueTask Send()
    {
        try
        {
            if (_message is null)
            {
                // What stands first in the file is said first, though it is known last.
                _records.Flush();
                byte[] content = _pending.Written.ToArray();
                _pending.Clear();
                _message = await _surroundings.Queue.Begin(_transaction, _session.Milters);
                _surroundings.Log.Begun(_message.Id, _session);
                WriteEnvelope(_records, _message.Id);
                _records.Flush();
                _pending.Add(content);
            }
            else
            {
                _records.Flush();
            }
            await _message.Send(_pending.Written);
            _pending.Clear();
        }
        catch (MilterRefusalException e)
        {
            Fail(e.Reply);
        }
        catch (NoRoomException e)
        {
            _surroundings.Log.QueueTrouble(_session, e.Message);
            Fail(new Reply(452, "4.3.1", "Insufficient system storage") { IsOurTrouble = true });
        }
        catch (SystemCallException e) when (e.IsFileTooBig)
        {
            _surroundings.Log.QueueTrouble(_session, e.Message);
            Fail(new Reply(552, "5.3.4", "Error: message file too big"));
        }
        catch (IOException e)
        {
            _surroundings.Log.QueueTrouble(_session, e.Message);
            Fail(QueueError);
        }
    }

    private void WriteEnvelope(RecordWriter records, QueueId id)
    {
        (long seconds, long micro) = Math.DivRem(_transaction.Arrival, 1_000_000);
        records.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{seconds} {micro}"));
        bool isFromUser = _surroundings.Queue.IsMaildrop;
        if (!isFromUser)
        {
            records.WriteAttribute(AttributeName.LogIdent, _session.Forwarded is { Identity.Length: > 0 } forwarded ? forwarded.Identity : id.ToString());
            records.WriteAttribute(AttributeName.RewriteContext, IsLocal ? AttributeName.Local : AttributeName.Remote);
        }
        if (_transaction.EnvelopeId is { } envelopeId)
            records.WriteAttribute(AttributeName.EnvelopeId, envelopeId);
        if (_transaction.Return != DsnReturn.Unspecified)
            records.WriteAttribute(AttributeName.ReturnFlags, (long)_transaction.Return);
        if (_transaction.Release > 0)
            records.WriteAttribute(AttributeName.ReleaseTime, _transaction.Release);
        records.Write(RecordType.From, _transaction.Sender);
        if (_transaction.Encoding != BodyEncoding.Unknown)
            records.WriteAttribute(AttributeName.Encoding, _transaction.Encoding.Word());
        if (!isFromUser)
            WriteClient(records);
        foreach (EnvelopeRecipient recipient in _transaction.Recipients)
        {
            if (recipient.Notify != Notify.Default)
                records.WriteAttribute(AttributeName.NotifyFlags, (long)recipient.Notify);
            if ((recipient.Original ?? (isFromUser ? $"rfc822;{recipient.Given}" : null)) is { } original)
                records.WriteAttribute(AttributeName.DsnOriginalRecipient, original);
            records.Write(RecordType.Recipient, recipient.Address);
        }
        records.Write(RecordType.Message);
        foreach (string header in _transaction.Prepended)
            records.Write(RecordType.Text, header);
        foreach (string line in ReceivedHeader.Lines(Options, _session, _transaction, id))
            records.Write(RecordType.Text, line);
    }

    // Where it comes from: in the log of other programs, and for servers that want XFORWARD.
    private void WriteClient(RecordWriter records)
    {
        ClientInfo client = _session.Client;
        ForwardedClient? forwarded = _session.Forwarded;
        string helo = _session.Helo ?? "";
        records.WriteAttribute(AttributeName.LogClientName, Or(forwarded?.Name, client.Name));
        records.WriteAttribute(AttributeName.LogClientAddress, Or(forwarded?.Address, client.TaggedAddress));
        records.WriteAttribute(AttributeName.LogClientPort, Or(forwarded?.Port, client.Port.ToString(CultureInfo.InvariantCulture)));
        records.WriteAttribute(AttributeName.LogMessageOrigin, $"{client.Name}[{client.AddressText}]");
        records.WriteAttribute(AttributeName.LogHeloName, Or(forwarded?.Helo, helo));
        records.WriteAttribute(AttributeName.LogProtocolName, Or(forwarded?.Protocol, _session.Protocol));
        records.WriteAttribute("client_name", client.Name);
        records.WriteAttribute("reverse_client_name", client.ReverseName);
        records.WriteAttribute("client_address", client.AddressText);
        records.WriteAttribute("client_port", client.Port);
        if (client.Server is { } server)
        {
            records.WriteAttribute("server_address", server.Address.ToString());
            records.WriteAttribute("server_port", server.Port);
        }
        records.WriteAttribute("helo_name", helo);
        records.WriteAttribute("protocol_name", _session.Protocol);
        records.WriteAttribute("client_address_type", client.Address?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 10 : 2);
        if (_session.Login is { } login)
        {
            records.WriteAttribute("sasl_method", login.Method);
            records.WriteAttribute("sasl_username", login.User);
            if (_transaction.Author.Length > 0)
                records.WriteAttribute("sasl_sender", _transaction.Author);
        }
    }

    // Headers of this host's own programs are completed.
    private bool IsLocal => _session.Forwarded is { Source.Length: > 0 } forwarded ? forwarded.Source == AttributeName.Local : _surroundings.Options.LocalHeaders.Contain(_session, _surroundings.Own);

    private static string Or(string? said, string otherwise) => said is { Length: > 0 } ? said : otherwise;

    /// <summary>A message not finished is dropped by cleanup.</summary>
    public void Dispose() => Drop();
}
