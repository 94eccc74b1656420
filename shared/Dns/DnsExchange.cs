using System.Buffers.Binary;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Dns;

/// <summary>One question put to the name servers, one after the other, until one gives a usable answer.</summary>
/// <remarks>
/// A server that says nothing is asked again in the next round, with a new id and source port (RFC 5452 section 9.2). One
/// that refuses, fails or talks nonsense is not: it would do the same again at once.
/// </remarks>
internal sealed class DnsExchange : IDisposable
{
    // A flood of strays must not keep the other questions waiting.
    private const int PacketsPerTurn = 16;

    private readonly ResolverOptions _options;
    private readonly bool[] _isDone;
    private readonly int _first;
    private readonly long _finalDeadline;
    private byte[] _stream = [];
    private int _streamLength;
    private int _try = -1;
    private ushort _id;
    private bool _withEdns;
    private bool _sawTrouble;
    private Stage _stage;

    private enum Stage { Datagram, Connect, Send, Receive }

    /// <param name="first">Index of the server to begin with.</param>
    /// <param name="finalDeadline">On the clock of <see cref="Environment.TickCount64"/>.</param>
    internal DnsExchange(string name, DnsType type, ResolverOptions options, int first, long finalDeadline)
    {
        Name = name;
        Type = type;
        _options = options;
        _first = first;
        _finalDeadline = finalDeadline;
        _isDone = new bool[Math.Min(options.Servers.Count, ResolverOptions.MaxServers)];
    }

    /// <summary>The name asked for.</summary>
    internal string Name { get; }

    /// <summary>The type asked for.</summary>
    internal DnsType Type { get; }

    /// <summary>The usable answer; null while there is none.</summary>
    internal DnsMessage? Response { get; private set; }

    /// <summary>Why there is no answer, once <see cref="IsFinished"/>: timeouts, network trouble and server failure pass,
    /// refusals by all servers do not.</summary>
    internal DnsStatus Failure => _sawTrouble ? DnsStatus.TryAgain : DnsStatus.Refused;

    /// <summary>Nothing more will happen.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>What to wait for, unless finished.</summary>
    internal InternetSocket? Socket { get; private set; }

    /// <summary>When to call <see cref="OnTimeout"/>, on the clock of <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; private set; }

    /// <summary>The server that gave <see cref="Response"/>.</summary>
    internal int ServerIndex => (_first + _try) % _isDone.Length;

    /// <summary>Runs all exchanges to their end, together.</summary>
    /// <param name="options">Theirs.</param>
    internal static void RunAll(List<DnsExchange> exchanges, ResolverOptions options)
    {
        byte[] buffer = new byte[4096];
        foreach (DnsExchange exchange in exchanges)
            exchange.StartNextServer();
        while (true)
        {
            List<DnsExchange> open = exchanges.FindAll(static e => !e.IsFinished);
            if (open.Count == 0)
                return;
            InternetSocket[] sockets = new InternetSocket[open.Count];
            long deadline = long.MaxValue;
            for (int i = 0; i < sockets.Length; i++)
            {
                sockets[i] = open[i].Socket!;
                deadline = Math.Min(deadline, open[i].Deadline);
            }
            if (InternetSocket.Wait(sockets, (int)Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue), options.InterruptLine()))
                options.ThrowIfInterrupted();
            foreach (DnsExchange exchange in open)
            {
                if (exchange.Socket!.IsReady)
                    exchange.OnReady(buffer);
                if (!exchange.IsFinished && Environment.TickCount64 >= exchange.Deadline)
                    exchange.OnTimeout();
            }
        }
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose() => Socket?.Dispose();

    private void OnTimeout()
    {
        _sawTrouble = true;
        StartNextServer();
    }

    private void OnReady(byte[] buffer)
    {
        try
        {
            switch (_stage)
            {
                case Stage.Datagram:
                    ReceiveDatagrams(buffer);
                    break;
                case Stage.Connect:
                    Socket!.FinishConnect();
                    _stage = Stage.Send;
                    goto case Stage.Send;
                case Stage.Send:
                    SendStream();
                    break;
                case Stage.Receive:
                    ReceiveStream();
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GiveUpServer(isTrouble: true);
        }
    }

    private void StartNextServer()
    {
        while (++_try < _options.Attempts * _isDone.Length)
        {
            if (_isDone[ServerIndex])
                continue;
            if (Environment.TickCount64 >= _finalDeadline)
                break;
            _withEdns = true;
            if (StartDatagram())
                return;
        }
        Finish(null);
    }

    private bool StartDatagram()
    {
        try
        {
            byte[] query = WriteQuery(prefix: 0);
            NameServer server = _options.Servers[ServerIndex];
            // A new socket each time: a new random source port (RFC 5452 section 9.2).
            Open(InternetSocket.OpenDatagram(server.Address, server.Port), Stage.Datagram);
            if (Socket!.Send(query) == query.Length)
                return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // E.g. no route: counted below.
        }
        _sawTrouble = true;
        _isDone[ServerIndex] = true;
        return false;
    }

    private void ReceiveDatagrams(byte[] buffer)
    {
        for (int i = 0; i < PacketsPerTurn; i++)
        {
            int length = Socket!.Receive(buffer);
            if (length < 0)
                return;
            ReadOnlySpan<byte> message = buffer.AsSpan(0, Math.Min(length, buffer.Length));
            // RFC 5452 section 9.1: what is not the response to our question is as if it had not come.
            if (!DnsMessage.IsResponseTo(message, _id, Name, Type))
                continue;
            if (length > buffer.Length || DnsMessage.IsTruncated(message))
                StartStream();
            else
                Judge(message);
            return;
        }
    }

    // RFC 7766 section 5: a truncated response is not used, the question is asked by TCP.
    private void StartStream()
    {
        NameServer server = _options.Servers[ServerIndex];
        _stream = WriteQuery(prefix: 2);
        BinaryPrimitives.WriteUInt16BigEndian(_stream, (ushort)(_stream.Length - 2)); // RFC 7766 section 8
        _streamLength = 0;
        Open(InternetSocket.BeginStream(server.Address, server.Port), Stage.Connect);
    }

    private void SendStream()
    {
        _streamLength += Socket!.Send(_stream.AsSpan(_streamLength));
        if (_streamLength < _stream.Length)
            return;
        _stage = Stage.Receive;
        Socket.WantsWrite = false;
        _stream = new byte[2];
        _streamLength = 0;
    }

    private void ReceiveStream()
    {
        int n = Socket!.Receive(_stream.AsSpan(_streamLength));
        if (n < 0)
            return;
        if (n == 0)
        {
            GiveUpServer(isTrouble: true);
            return;
        }
        _streamLength += n;
        if (_streamLength < _stream.Length)
            return;
        if (_streamLength == 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(_stream);
            if (length < DnsMessage.HeaderLength)
                GiveUpServer(isTrouble: false);
            else
                Array.Resize(ref _stream, 2 + length);
            return;
        }
        ReadOnlySpan<byte> message = _stream.AsSpan(2);
        if (DnsMessage.IsResponseTo(message, _id, Name, Type) && !DnsMessage.IsTruncated(message))
            Judge(message);
        else
            GiveUpServer(isTrouble: false);
    }

    private void Judge(ReadOnlySpan<byte> message)
    {
        if (!DnsMessage.TryRead(message, out DnsMessage? response))
        {
            GiveUpServer(isTrouble: false);
            return;
        }
        switch (response.Code)
        {
            case ResponseCode.NoError when response.IsLame && response.Answers.Count == 0 && response.SoaZone is null:
                // A referral from a server that should have recursed: "no data" would be a lie.
                GiveUpServer(isTrouble: false);
                break;
            case ResponseCode.NoError or ResponseCode.NameError:
                Finish(response);
                break;
            case ResponseCode.FormatError or ResponseCode.NotImplemented or ResponseCode.BadVersion when _withEdns:
                // RFC 6891 section 7: it may not know EDNS; ask without.
                _withEdns = false;
                if (!StartDatagram())
                    StartNextServer();
                break;
            default:
                GiveUpServer(isTrouble: response.Code == ResponseCode.ServerFailure);
                break;
        }
    }

    private void GiveUpServer(bool isTrouble)
    {
        _sawTrouble |= isTrouble;
        _isDone[ServerIndex] = true;
        StartNextServer();
    }

    private void Finish(DnsMessage? response)
    {
        Response = response;
        IsFinished = true;
        Socket?.Dispose();
        Socket = null;
        _stream = [];
    }

    private void Open(InternetSocket socket, Stage stage)
    {
        Socket?.Dispose();
        Socket = socket;
        _stage = stage;
        Deadline = Math.Min(_finalDeadline, Environment.TickCount64 + (long)_options.Timeout.TotalMilliseconds);
    }

    private byte[] WriteQuery(int prefix)
    {
        _id = RandomNumber.NextUInt16();
        Span<byte> buffer = stackalloc byte[DnsMessage.MaxQueryLength];
        int length = DnsMessage.WriteQuery(buffer, _id, Name, Type, _withEdns);
        byte[] query = new byte[prefix + length];
        buffer[..length].CopyTo(query.AsSpan(prefix));
        return query;
    }
}
