using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Milter;

/// <summary>The conversation with one milter about one client: version 6 of the protocol, as libmilter 8.14 and later have it.</summary>
/// <remarks>It goes through these states: not connected; ready; within the envelope, over any number of messages; within the content of one. Whatever a
/// milter does wrong ends its connection, and from then on it has but one answer, its default action.</remarks>
public sealed class MilterConnection : IDisposable
{
    private enum State { Closed, Ready, Envelope, Message, AcceptsMessage, AcceptsClient, RefusesClient, Broken }

    // What libmilter sends in one packet is 64 KiB at most; some others send a new body as one.
    private const int LongestAnswer = 128 * 1024, LongestEdit = 16 * 1024 * 1024;
    private const int BodyPiece = 65535, MuchOutput = 128 * 1024;

    // However often it says that it is still at work.
    private static readonly TimeSpan s_longestWork = TimeSpan.FromHours(1);

    private readonly IMilterNetwork? _network;
    private readonly Action<string> _warn;
    private readonly bool _isSoft;
    private readonly MilterOutput _output = new();
    private readonly MilterInput _input = new();
    private readonly Dictionary<MilterStage, IReadOnlyList<string>> _ownMacros = [];
    private IMilterLink? _stream;
    private State _state = State.Closed;
    private MilterVerdict? _standing;      // the answer to each event from now on
    private MilterVerdict? _quarantine;    // wanted by the way
    private MilterEvent? _skipped;
    private MilterProtocol _protocol;      // what the milter wants of it
    private MilterProtocol _beyond;        // events that its version does not have

    /// <param name="warn">Takes a line for the log, of severity warning.</param>
    internal MilterConnection(MilterOptions options, IMilterNetwork network, bool isSoft, Action<string> warn) =>
        (Options, _network, _isSoft, _warn) = (options, network, isSoft, warn);

    private MilterConnection(MilterOptions options, IMilterLink stream, MilterHandover handed, bool isSoft, Action<string> warn)
    {
        (Options, _stream, _isSoft, _warn) = (options, stream, isSoft, warn);
        (_protocol, _beyond, _state) = (handed.Protocol, handed.Beyond, State.Envelope);
    }

    internal MilterOptions Options { get; }

    /// <summary>The milter wants to know of recipients that were refused.</summary>
    internal bool WantsRejectedRecipients => (_protocol & MilterProtocol.WantsRejectedRecipients) != 0;

    /// <summary>The milter is there for the content of a message.</summary>
    internal bool IsActive => _stream is not null && _state is State.Envelope or State.Ready;

    /// <summary>Macros of a stage, when the milter has said which it wants; else null.</summary>
    internal IReadOnlyList<string>? OwnMacros(MilterStage stage) => _ownMacros.TryGetValue(stage, out IReadOnlyList<string>? names) && names.Count > 0 ? names : null;

    /// <summary>Connects, and negotiates.</summary>
    internal async ValueTask Open()
    {
        try
        {
            try
            {
                _stream = await _network!.Connect(Options.Endpoint, Options.ConnectTimeout);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                _warn($"connect to Milter service {Options.Name}: {(e is TimeoutException ? "Connection timed out" : e.Message)}");
                Fail(MilterFailure.Broken(Options.DefaultAction));
                return;
            }
            _output.Begin(MilterEvent.Negotiate).Number(Options.Version).Number((uint)MilterActions.All).Number((uint)Options.Offered).End();
            await Receive(MilterEvent.Negotiate, LongestAnswer, Options.CommandTimeout);
            Negotiated();
            _state = State.Ready;
        }
        catch (MilterException e)
        {
            Failed(e);
        }
    }

    private void Negotiated()
    {
        if (_input.Answer != (MilterAnswer)MilterEvent.Negotiate)
            throw new MilterException($"unexpected reply \"{Printable((byte)_input.Answer)}\" in initial handshake");
        MilterPayload payload = new(_input.Payload.Span);
        uint version = payload.Number(), actions = payload.Number();
        _protocol = (MilterProtocol)payload.Number();
        if (version > Options.Version)
            throw new MilterException(string.Create(CultureInfo.InvariantCulture, $"protocol version {version} conflict with MTA protocol version {Options.Version}"));
        if (((MilterActions)actions & ~MilterActions.All) != 0)
            throw new MilterException(string.Create(CultureInfo.InvariantCulture, $"request mask 0x{actions:x} conflict with MTA request mask 0x{(uint)MilterActions.All:x}"));
        // It is told of nothing that its version does not know.
        _beyond = MilterProtocol.Version4 & (~Options.Offered | ~MilterWords.Of(version));
        while (!payload.IsEmpty)
        {
            uint stage = payload.Number();
            string names = payload.Text();
            if (stage > (uint)MilterStage.EndOfHeaders)
                _warn(string.Create(CultureInfo.InvariantCulture, $"milter {Options.Name}: ignoring unknown macro type {stage}"));
            else
                _ownMacros[(MilterStage)stage] = Configuration.MainConfig.Words(names);
        }
    }

    /// <summary>The client has connected.</summary>
    internal ValueTask<MilterVerdict?> Connect(MilterClient client, IReadOnlyList<KeyValuePair<string, string>> macros)
    {
        if (_state != State.Ready)
            return new(_standing);
        _state = State.Envelope;
        return Tell(MilterEvent.Connect, MilterProtocol.NoConnect, MilterProtocol.SilentConnect, macros, output =>
        {
            string address = client.Address.ToString();
            output.Text(client.Name == MilterClient.Unknown ? $"[{address}]" : client.Name)
                .Octet(client.Address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)'6' : (byte)'4').Short(client.Port).Text(address);
        });
    }

    /// <summary>HELO or EHLO.</summary>
    internal ValueTask<MilterVerdict?> Helo(string name, IReadOnlyList<KeyValuePair<string, string>> macros) => _state is State.Envelope or State.AcceptsMessage
        ? Tell(MilterEvent.Helo, MilterProtocol.NoHelo, MilterProtocol.SilentHelo, macros, output => output.Text(name)) : new(_standing);

    /// <summary>MAIL: the path, and its parameters.</summary>
    internal ValueTask<MilterVerdict?> Mail(IReadOnlyList<string> words, IReadOnlyList<KeyValuePair<string, string>> macros) =>
        InEnvelope(MilterEvent.Mail, MilterProtocol.NoMail, MilterProtocol.SilentMail, macros, words);

    /// <summary>RCPT.</summary>
    internal ValueTask<MilterVerdict?> Rcpt(IReadOnlyList<string> words, IReadOnlyList<KeyValuePair<string, string>> macros) =>
        InEnvelope(MilterEvent.Rcpt, MilterProtocol.NoRcpt, MilterProtocol.SilentRcpt, macros, words);

    /// <summary>DATA, or the first BDAT.</summary>
    internal ValueTask<MilterVerdict?> Data(IReadOnlyList<KeyValuePair<string, string>> macros) =>
        InEnvelope(MilterEvent.Data, MilterProtocol.NoData, MilterProtocol.SilentData, macros, []);

    /// <summary>A command that is not known.</summary>
    internal ValueTask<MilterVerdict?> Unknown(string line, IReadOnlyList<KeyValuePair<string, string>> macros) =>
        InEnvelope(MilterEvent.Unknown, MilterProtocol.NoUnknown, MilterProtocol.SilentUnknown, macros, [line]);

    /// <summary>What it says to anything else.</summary>
    internal MilterVerdict? Standing => _standing;

    private ValueTask<MilterVerdict?> InEnvelope(MilterEvent told, MilterProtocol without, MilterProtocol silent, IReadOnlyList<KeyValuePair<string, string>> macros, IReadOnlyList<string> words) =>
        _state != State.Envelope ? new(_standing) : Tell(told, without, silent, macros, output =>
        {
            foreach (string word in words)
                output.Text(word);
        });

    /// <summary>Shows it a message, and lets it change it.</summary>
    /// <param name="headerMacros">With each header.</param>
    /// <param name="bodyMacros">With the body, and at its end.</param>
    internal async ValueTask<MilterVerdict?> Inspect(
        IMilterContent content, IMessageEdits edits, IReadOnlyList<KeyValuePair<string, string>> headerMacros, IReadOnlyList<KeyValuePair<string, string>> bodyMacros)
    {
        if (_state != State.Envelope)
            return _standing;
        _state = State.Message;
        try
        {
            return await Headers(content, headerMacros) ?? await Body(content, bodyMacros)
                ?? (_state == State.Message ? await Tell(MilterEvent.EndOfMessage, MilterProtocol.None, MilterProtocol.None, bodyMacros, static _ => { }, edits) : _standing);
        }
        finally
        {
            if (_state is State.Message or State.AcceptsMessage)
                _state = State.Envelope;
        }
    }

    private async ValueTask<MilterVerdict?> Headers(IMilterContent content, IReadOnlyList<KeyValuePair<string, string>> macros)
    {
        MilterVerdict? verdict = null;
        bool keepsSpace = (_protocol & MilterProtocol.KeepsLeadingSpace) != 0, isTold = (_protocol & MilterProtocol.NoHeaders) == 0;
        while (verdict is null && _state == State.Message && content.NextHeader(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (!isTold)
                continue;
            // Sendmail, and so libmilter, eats the first blank.
            byte[] label = name.ToArray(), text = (keepsSpace || value is not [(byte)' ', ..] ? value : value[1..]).ToArray();
            verdict = await Tell(MilterEvent.Header, MilterProtocol.NoHeaders, MilterProtocol.SilentHeader, macros, output => output.Text(label).Text(text));
        }
        if (verdict is null && _state == State.Message && (_protocol & MilterProtocol.NoEndOfHeaders) == 0)
            verdict = await Tell(MilterEvent.EndOfHeaders, MilterProtocol.NoEndOfHeaders, MilterProtocol.SilentEndOfHeaders, macros, static _ => { });
        return verdict;
    }

    private async ValueTask<MilterVerdict?> Body(IMilterContent content, IReadOnlyList<KeyValuePair<string, string>> macros)
    {
        if ((_protocol & MilterProtocol.NoBody) != 0)
            return null;
        byte[] piece = new byte[BodyPiece];
        int length = 0;
        while (_state == State.Message)
        {
            // Pieces are as long as they may be, whatever the lines are.
            ReadOnlySpan<byte> next = content.NextBody();
            bool isOver = next.IsEmpty;
            byte[] rest = next.ToArray();
            for (int at = 0; at < rest.Length || isOver;)
            {
                int n = Math.Min(rest.Length - at, BodyPiece - length);
                rest.AsSpan(at, n).CopyTo(piece.AsSpan(length));
                (at, length) = (at + n, length + n);
                if (length == 0 || (length < BodyPiece && !isOver))
                    break;
                int whole = length;
                length = 0;
                if (await Tell(MilterEvent.Body, MilterProtocol.NoBody, MilterProtocol.SilentBody, macros, output => output.Raw(piece.AsSpan(0, whole))) is { } verdict)
                    return verdict;
                if (_skipped == MilterEvent.Body || _state != State.Message)
                    return null;
            }
            if (isOver)
                break;
        }
        return null;
    }

    /// <summary>The message is not to be, or is done.</summary>
    internal void Abort()
    {
        if (_state is not (State.Envelope or State.Message or State.AcceptsMessage))
            return;
        _skipped = null;
        _quarantine = null;
        // It goes with what follows.
        _output.Begin(MilterEvent.Abort).End();
        _state = State.Envelope;
    }

    /// <summary>The client is gone.</summary>
    internal async ValueTask Close()
    {
        if (_stream is not null && _state is State.Envelope or State.Message or State.AcceptsMessage)
        {
            try
            {
                _output.Begin(MilterEvent.Quit).End();
                await Send(TimeSpan.FromSeconds(1));
            }
            catch (MilterException)
            {
                // It learns it from the end of the connection.
            }
        }
        Dispose();
        (_state, _standing, _quarantine) = (State.Closed, null, null);
    }

    // Tells the milter something, and hears what it says to that.
    private async ValueTask<MilterVerdict?> Tell(MilterEvent told, MilterProtocol without, MilterProtocol silent, IReadOnlyList<KeyValuePair<string, string>> macros, Action<MilterOutput> write, IMessageEdits? edits = null)
    {
        if ((without & _beyond) != 0)
            return _standing;
        if (_skipped == told)
            return _standing;
        _skipped = null;
        _output.Begin(MilterEvent.Macros).Octet((byte)told);
        foreach ((string name, string value) in macros)
            _output.Text(name).Text(value);
        _output.End();
        bool isSilent = (silent & _protocol) != 0 || (without & _protocol) != 0;
        if ((without & _protocol) == 0)
        {
            write(_output.Begin(told));
            _output.End();
        }
        TimeSpan patience = _state == State.Message ? Options.ContentTimeout : Options.CommandTimeout;
        try
        {
            if (isSilent)
            {
                if (_output.Length > MuchOutput)
                    await Send(patience);
                return _standing;
            }
            return edits is null ? await Answer(told, patience) : await AnswerWithEdits(edits, patience);
        }
        catch (MilterException e)
        {
            Failed(e);
            return _standing;
        }
    }

    private async ValueTask<MilterVerdict?> Answer(MilterEvent told, TimeSpan patience)
    {
        Deadline latest = Deadline.In(s_longestWork);
        while (true)
        {
            await Receive(told, LongestAnswer, patience, latest);
            if (TryDecide(told, out MilterVerdict? verdict))
                return verdict;
        }
    }

    // Changes come before the decision. One that cannot be made is told at the end, so that the milter and we stay together.
    private async ValueTask<MilterVerdict?> AnswerWithEdits(IMessageEdits edits, TimeSpan patience)
    {
        Deadline latest = Deadline.In(s_longestWork);
        EditRequests requests = new(edits, (_protocol & MilterProtocol.KeepsLeadingSpace) != 0);
        MilterVerdict? verdict;
        try
        {
            do
            {
                await Receive(MilterEvent.EndOfMessage, LongestEdit, patience, latest);
            }
            while (requests.Take(_input.Answer, _input.Payload.Span) || !TryDecide(MilterEvent.EndOfMessage, out verdict));
            requests.End();
        }
        catch (MilterException e)
        {
            Failed(e);
            // A body of which only a part came is none.
            return requests.IsWithinBody && _standing is null or { Decision: MilterDecision.Hold } ? new MilterVerdict(MilterDecision.Refuse, "421 4.7.0 Service unavailable") : _standing;
        }
        requests.ThrowIfFailed();
        return verdict;
    }

    // False: that was no decision yet.
    private bool TryDecide(MilterEvent told, out MilterVerdict? verdict)
    {
        bool isAboutClient = told is MilterEvent.Connect or MilterEvent.Helo;
        MilterAnswer answer = _input.Answer;
        ReadOnlySpan<byte> payload = _input.Payload.Span;
        if (!payload.IsEmpty && answer is MilterAnswer.Progress or MilterAnswer.Continue or MilterAnswer.Accept or MilterAnswer.Discard or MilterAnswer.Reject
            or MilterAnswer.TemporaryFailure or MilterAnswer.ShutDown or MilterAnswer.Skip)
            throw new MilterException(string.Create(CultureInfo.InvariantCulture, $"reply {MilterWords.Name(answer)} was followed by {payload.Length} data bytes"));
        verdict = null;
        switch (answer)
        {
            case MilterAnswer.Progress:
                return false;
            case MilterAnswer.Continue:
                verdict = Otherwise;
                return true;
            case MilterAnswer.Skip:
                _skipped = told;
                verdict = Otherwise;
                return true;
            case MilterAnswer.Accept:
                verdict = Otherwise;
                if (isAboutClient)
                    Leave(State.AcceptsClient);
                else
                    _state = State.AcceptsMessage;
                return true;
            case MilterAnswer.Discard when isAboutClient:
                _warn($"milter {Options.Name}: DISCARD action is not allowed for connect or helo");
                return true;
            case MilterAnswer.Discard:
                _state = State.AcceptsMessage;
                verdict = new MilterVerdict(MilterDecision.Discard);
                return true;
            case MilterAnswer.Reject:
                verdict = Refused(isAboutClient, _isSoft ? new MilterVerdict(MilterDecision.Refuse, "450 4.7.1 Command rejected") : MilterVerdict.Rejected);
                return true;
            case MilterAnswer.TemporaryFailure:
                verdict = Refused(isAboutClient, MilterVerdict.PutOff);
                return true;
            case MilterAnswer.ShutDown:
                verdict = Refused(isAboutClient: true, new MilterVerdict(MilterDecision.ShutDown));
                return true;
            case MilterAnswer.ReplyCode:
                MilterVerdict reply = MilterVerdict.Read(payload, _isSoft)
                    ?? throw new MilterException($"malformed reply: {PrintableText.Of(ByteText.Decode(payload[..Math.Min(payload.Length, 200)].TrimEnd((byte)0)))}", isNonsense: true);
                verdict = Refused(isAboutClient, reply);
                return true;
            case MilterAnswer.Quarantine:
                int end = payload.IndexOf((byte)0);
                ReadOnlySpan<byte> reason = end < 0 ? payload : payload[..end];
                _quarantine = new MilterVerdict(MilterDecision.Hold, PrintableText.Of(ByteText.Decode(reason[..Math.Min(reason.Length, 100)])));
                return false;
            default:
                throw new MilterException($"unexpected filter response {MilterWords.Name(answer)} after event {MilterWords.Name(told)}");
        }
    }

    // What is wanted by the way, when nothing worse is.
    private MilterVerdict? Otherwise
    {
        get
        {
            MilterVerdict? wanted = _quarantine;
            _quarantine = null;
            return wanted ?? _standing;
        }
    }

    private MilterVerdict Refused(bool isAboutClient, MilterVerdict verdict)
    {
        if (isAboutClient)
        {
            Leave(State.RefusesClient);
            _standing = verdict;
        }
        return verdict;
    }

    // libmilter hangs up by itself here.
    private void Leave(State state)
    {
        Dispose();
        _state = state;
    }

    private void Failed(MilterException failure)
    {
        _warn($"milter {Options.Name}: {failure.Message}");
        Fail(failure.IsNonsense ? MilterFailure.Nonsense(Options.DefaultAction) : MilterFailure.Broken(Options.DefaultAction));
    }

    // Another process may hold the same connection: it is to find it broken, too.
    private void Fail(MilterVerdict? standing)
    {
        _stream?.Socket.Break();
        Dispose();
        (_state, _standing) = (State.Broken, standing);
    }

    /// <summary>Another process that had the connection is gone, and nobody knows what was said.</summary>
    internal void GiveUp(MilterVerdict standing) => Fail(standing);

    /// <summary>What another process needs to go on; null: there is nothing for it.</summary>
    internal async ValueTask<MilterHandover?> HandOver()
    {
        if (!IsActive)
            return null;
        try
        {
            await Send(Options.CommandTimeout);
            // The other process would take what is left for the start of an answer.
            if (_input.HasPart)
                throw new MilterException("more was said than was asked for");
        }
        catch (MilterException e)
        {
            Failed(e);
            return null;
        }
        _skipped = null;
        return new MilterHandover(Options, _protocol, _beyond);
    }

    internal Descriptor Socket => _stream!.Socket;

    /// <summary>Goes on where another process was.</summary>
    internal static MilterConnection Take(MilterHandover handed, IMilterLink stream, bool isSoft, Action<string> warn) => new(handed.Options, stream, handed, isSoft, warn);

    private async ValueTask Send(TimeSpan patience)
    {
        if (_output.Length == 0)
            return;
        byte[] octets = _output.Written.ToArray();
        _output.Clear();
        try
        {
            await _stream!.Write(octets, Deadline.In(patience));
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new MilterException($"error writing command: {(e is TimeoutException ? "Connection timed out" : e.Message)}");
        }
    }

    private ValueTask Receive(MilterEvent told, int longest, TimeSpan patience) => Receive(told, longest, patience, Deadline.Never);

    // One packet, in the time that is for it.
    private async ValueTask Receive(MilterEvent told, int longest, TimeSpan patience, Deadline latest)
    {
        await Send(patience);
        Deadline end = Deadline.Earlier(Deadline.In(patience), latest);
        while (!_input.TryTake(longest))
        {
            int n;
            try
            {
                n = await _stream!.Read(_input.Room(), end);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                throw new MilterException($"can't read {MilterWords.Name(told)} reply packet {(_input.HasLength ? "data" : "header")}: {(e is TimeoutException ? "Connection timed out" : e.Message)}");
            }
            if (n == 0)
                throw new MilterException($"can't read {MilterWords.Name(told)} reply packet {(_input.HasLength ? "data" : "header")}: connection closed");
            _input.Filled(n);
        }
    }

    private static string Printable(byte octet) => octet is >= 0x20 and < 0x7F ? ((char)octet).ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{octet:x2}");

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }
}

/// <summary>The client of a mail server.</summary>
/// <param name="Name">"unknown" if it has none.</param>
/// <param name="Address">Its address.</param>
/// <param name="Port">Its port; 0: unknown.</param>
public sealed record MilterClient(string Name, IPAddress Address, int Port)
{
    internal const string Unknown = "unknown";
}
