using System.Buffers.Binary;
using System.Net;
using DnsClient;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Dns;

/// <summary>One question on its way through the name servers, until one gives a usable answer.</summary>
/// <remarks>
/// A server that says nothing is asked again in the next round, with a new id and source port (RFC 5452 section 9.2). One
/// that refuses, fails or talks nonsense is not: it would do the same again at once.
/// </remarks>
/// <param name="name">Passed <see cref="DnsName.IsName"/>.</param>
/// <param name="first">Index of the server to begin with.</param>
/// <param name="end">Of all waiting.</param>
internal sealed class PendingQuestion(string name, DnsType type, ResolverOptions options, int first, Deadline end) : IDisposable
{
    // More than we tell servers to send.
    private const int BufferLength = 4096;

    // A flood of strays must not keep the other questions waiting.
    private const int PacketsPerTurn = 16;

    private readonly bool[] _isDone = new bool[NameServers.Count(options)];
    private int _try;
    private bool _withEdns = true;
    private bool _sawTrouble;
    private DnsQuery _query = null!;

    /// <summary>The server that is asked; at the end the one that gave the <see cref="Response"/>.</summary>
    internal int Server => (first + _try) % _isDone.Length;

    /// <summary>Where its answer will come; null when nothing is under way.</summary>
    internal Descriptor? Socket { get; private set; }

    /// <summary>When to give up waiting for it.</summary>
    internal Deadline Deadline { get; private set; }

    /// <summary>The usable answer; null while there is none.</summary>
    internal DnsResponse? Response { get; private set; }

    /// <summary>Why there is no answer, once nothing is left to do: timeouts, network trouble and server failure pass, refusals
    /// by all servers do not.</summary>
    internal DnsStatus Failure => _sawTrouble ? DnsStatus.TryAgain : DnsStatus.Refused;

    /// <summary>Sends the question to the next server that may know.</summary>
    /// <returns>False: there is none, or the answer is there.</returns>
    internal bool Send()
    {
        for (; Response is null && _try < options.Attempts * _isDone.Length; Next())
        {
            if (_isDone[Server])
                continue;
            if (end.RemainingMilliseconds == 0)
            {
                _sawTrouble = true;
                return false;
            }
            if (TrySend())
                return true;
        }
        return false;
    }

    /// <summary>Takes in what has come, without waiting, but for an answer that must be fetched by TCP.</summary>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    internal void Receive()
    {
        try
        {
            Span<byte> buffer = stackalloc byte[BufferLength];
            for (int i = 0; i < PacketsPerTurn; i++)
            {
                DatagramSocket.ThrowIfRefused(Socket!);
                int length = Socket!.Read(buffer);
                if (length < 0)
                    break;
                // RFC 5452 section 9.1: what is not the response to our question is as if it had not come.
                if (!_query.IsAnsweredBy(buffer[..length]))
                    continue;
                bool isWhole = length < buffer.Length && !DnsQuery.IsTruncated(buffer);
                Judge(isWhole ? buffer[..length].ToArray() : AskByStream());
                return;
            }
            if (Deadline.RemainingMilliseconds == 0)
                GiveUp(isDone: false, isTrouble: true);
        }
        catch (ConnectionException e)
        {
            GiveUp(isDone: e.Failure != StreamFailure.TimedOut, isTrouble: true);
        }
        catch (IOException)
        {
            GiveUp(isDone: true, isTrouble: true);
        }
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose()
    {
        Socket?.Dispose();
        Socket = null;
    }

    private bool TrySend()
    {
        try
        {
            _query = new DnsQuery(RandomNumber.NextUInt16(), name, type, _withEdns);
            // A new socket each time, for a new random source port (RFC 5452 section 9.2).
            Socket = DatagramSocket.Connect(options.Servers[Server]);
            _ = Socket.Write(_query.Message.Span);
            Deadline = TimeForOne();
            return true;
        }
        catch (IOException)
        {
            // E.g. no route.
            Dispose();
            _sawTrouble = true;
            _isDone[Server] = true;
            return false;
        }
    }

    // RFC 7766 section 5: a truncated response is not used, the question is asked by TCP; section 8: a length of two octets
    // stands before each message. Null: what came is no answer, or truncated again.
    private byte[]? AskByStream()
    {
        IPEndPoint server = options.Servers[Server];
        using SocketStream stream = TcpConnection.Open(server, Deadline = TimeForOne(), options.Stop);
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)_query.Message.Length);
        stream.Limit = Deadline;
        stream.Write([.. length, .. _query.Message.Span], options.Timeout);
        stream.ReadExactly(length, Deadline);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        stream.ReadExactly(answer, Deadline);
        return _query.IsAnsweredBy(answer) && !DnsQuery.IsTruncated(answer) ? answer : null;
    }

    private void Judge(byte[]? message)
    {
        if (message is null || !DnsResponse.TryRead(message, out DnsResponse? response))
        {
            GiveUp(isDone: true, isTrouble: false);
            return;
        }
        switch (response.Code)
        {
            case DnsResponseCode.NoError when response.IsLame && response.Answers.Count == 0 && response.SoaZone is null:
                // A referral from a server that should have recursed: "no data" would be a lie.
                GiveUp(isDone: true, isTrouble: false);
                break;
            case DnsResponseCode.NoError or DnsResponseCode.NotExistentDomain:
                Dispose();
                response.IsAuthentic &= options.IsTrusted(options.Servers[Server].Address);
                Response = response;
                break;
            case DnsResponseCode.FormatError or DnsResponseCode.NotImplemented or DnsResponseCode.BadVersionOrBadSignature when _withEdns:
                // RFC 6891 section 7: it may not know EDNS; the same is asked without.
                Dispose();
                _withEdns = false;
                break;
            default:
                GiveUp(isDone: true, isTrouble: response.Code == DnsResponseCode.ServerFailure);
                break;
        }
    }

    // With this server, for now or for good.
    private void GiveUp(bool isDone, bool isTrouble)
    {
        Dispose();
        _isDone[Server] = isDone;
        _sawTrouble |= isTrouble;
        Next();
    }

    private void Next()
    {
        _try++;
        _withEdns = true;
    }

    private Deadline TimeForOne() => Deadline.Earlier(end, Deadline.In(options.Timeout));
}
