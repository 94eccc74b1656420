using System.Net;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Milter;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>The milters of one message: those of the server that took it in, which have heard of the client and the envelope already; or our own, which are told here
/// as if a client on this host had sent it.</summary>
internal sealed class MessageMilters : IDisposable
{
    private readonly CleanupMilters _options;
    private readonly MilterChain _chain;
    private readonly Message _message;
    private readonly bool _isOwn;
    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);
    private string? _sender, _recipient;

    private MessageMilters(CleanupMilters options, Message message, MilterChain chain, bool isOwn)
    {
        (_options, _message, _chain, _isOwn) = (options, message, chain, isOwn);
        chain.Values = Value;
    }

    /// <summary>Why the message is refused; null: it is not.</summary>
    internal MilterVerdict? Refusal { get; private set; }

    /// <summary>Those that a server hands over.</summary>
    /// <exception cref="IpcException">Malformed.</exception>
    internal static MessageMilters Handed(CleanupMilters options, Message message, IReadOnlyList<AttributeList> milters, IReadOnlyList<Descriptor> sockets) => new(options, message,
        MilterChain.Take(options.Settings, milters, [.. sockets.Select(static socket => new BlockingMilterNetwork.Link(socket))], message.Log.MilterTrouble), isOwn: false);

    /// <summary>Those of non_smtpd_milters.</summary>
    internal static MessageMilters Own(CleanupMilters options, Message message) =>
        new(options, message, new MilterChain(options.Settings, options.Others, options.Network, message.Log.MilterTrouble), isOwn: true);

    // Once it is decided, nobody is asked any more.
    private bool Asks => _isOwn && Refusal is null && !_message.IsDiscarded;

    /// <summary>An attribute of the envelope.</summary>
    internal void Said(string name, string value) => _said[name] = value;

    /// <summary>The sender, internal form, as it is queued.</summary>
    internal void Mail(string sender)
    {
        if (!Asks)
            return;
        Decide(BlockingMilterNetwork.Now(_chain.Connect(new MilterClient(ClientName, ClientAddress, Port))), "CONNECT");
        if (!Asks)
            return;
        Decide(BlockingMilterNetwork.Now(_chain.Helo(_said.GetValueOrDefault("helo_name") ?? ClientName)), "EHLO");
        if (!Asks)
            return;
        _sender = External(sender);
        Decide(BlockingMilterNetwork.Now(_chain.Mail([_sender])), "MAIL");
    }

    /// <summary>A recipient, likewise.</summary>
    /// <exception cref="Cleanup.Refusal">It is refused: nobody could be told of that alone.</exception>
    internal void Rcpt(string recipient)
    {
        LastRecipient = recipient;
        if (!Asks)
            return;
        _recipient = External(recipient);
        Decide(BlockingMilterNetwork.Now(_chain.Rcpt([_recipient], isRefused: false)), "RCPT");
        if (Refusal is null)
            return;
        _message.Log.MilterRefusesRecipient(_message);
        throw new Refusal("4.3.5 Server configuration error", isTemporary: true);
    }

    /// <summary>Of the recipients so far, the last one: log lines have it.</summary>
    internal string? LastRecipient { get; private set; }

    /// <summary>Shows them the content, and lets them change it.</summary>
    /// <exception cref="IOException">That could not be done.</exception>
    internal void Inspect(NewQueueFile file, EditPlaces places, QueueFileEdits edits, int headerLimit)
    {
        if (Asks)
            Decide(BlockingMilterNetwork.Now(_chain.Data()), "DATA");
        if (_isOwn && !Asks)
            return;
        Decide(BlockingMilterNetwork.Now(_chain.Inspect(() => Content(file, places, headerLimit), edits)), "END-OF-MESSAGE");
    }

    private MilterContent Content(NewQueueFile file, EditPlaces places, int headerLimit)
    {
        file.Writer.Flush();
        return new MilterContent(file.Handle, places.Content, _message.FirstReceived, headerLimit);
    }

    private void Decide(MilterVerdict? verdict, string stage)
    {
        // Who has thrown it away already is told, and nobody else.
        if (verdict is null || _message.IsDiscarded)
            return;
        string text = verdict.Reason;
        switch (verdict.Decision)
        {
            case MilterDecision.Hold:
                if (_message.IsHeld)
                    return;
                _message.IsHeld = true;
                break;
            case MilterDecision.Discard:
                _message.IsDiscarded = true;
                break;
            default:
                Refusal = verdict.Decision == MilterDecision.ShutDown ? new MilterVerdict(MilterDecision.Refuse, "421 4.7.0 Service unavailable") : verdict;
                text = Refusal.Text[4..].ReplaceLineEndings("\r\n");
                break;
        }
        _message.Log.MilterDecided(_message, verdict.Word, stage, Client, text, LastRecipient,
            _said.GetValueOrDefault("log_protocol_name"), _said.GetValueOrDefault("log_helo_name"));
    }

    /// <summary>Where the message comes from, "name[address]".</summary>
    internal string Client => $"{ClientName}[{ClientAddress}]";

    private bool HasClient => _said.ContainsKey("client_name") && AddressSaid is not null;

    private IPAddress? AddressSaid => IPAddress.TryParse(_said.GetValueOrDefault("client_address"), out IPAddress? address) ? address : null;

    // Mail from this host comes from localhost.
    private string ClientName => HasClient ? _said["client_name"] : "localhost";

    private IPAddress ClientAddress => HasClient ? AddressSaid! : IPAddress.Loopback;

    private string ReverseName => HasClient ? _said.GetValueOrDefault("reverse_client_name") ?? ClientName : ClientName;

    private int Port => int.TryParse(_said.GetValueOrDefault("client_port"), out int port) && port is >= 0 and <= ushort.MaxValue ? port : 0;

    private string? Value(string name) => name switch
    {
        "daemon_name" => _options.Settings.DaemonName,
        "v" => _options.Settings.Version,
        "j" => _options.MyHostname,
        "_" => $"{ReverseName} [{ClientAddress}]{(ClientName.Equals(ReverseName, StringComparison.OrdinalIgnoreCase) ? "" : " (may be forged)")}",
        "client_addr" => ClientAddress.ToString(),
        "client_name" => ClientName,
        "client_ptr" => ReverseName,
        "client_port" => Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "daemon_addr" => HasClient ? _said.GetValueOrDefault("server_address") : ClientAddress.ToString(),
        "daemon_port" => HasClient ? _said.GetValueOrDefault("server_port") : "0",
        "i" => _message.Id.ToString(),
        "auth_type" => _said.GetValueOrDefault("sasl_method"),
        "auth_authen" => _said.GetValueOrDefault("sasl_username"),
        "auth_author" => _said.GetValueOrDefault("sasl_sender"),
        "mail_addr" => _sender,
        "rcpt_addr" => _recipient,
        _ => null,
    };

    // Sendmail does not quote the null address.
    private static string External(string address) => address.Length == 0 ? "" : Address.ToExternal(address);

    public void Dispose()
    {
        // A server goes on with its connections.
        if (_isOwn)
        {
            ValueTask closed = _chain.Close();
            System.Diagnostics.Debug.Assert(closed.IsCompleted);
        }
        _chain.Dispose();
    }
}
