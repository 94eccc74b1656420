using System.Net.Sockets;
using DnsClient;
using PostfixNet.Native;

namespace PostfixNet.Dns;

/// <summary>The configured name servers: a question goes to one after the other, until one gives a usable answer.</summary>
/// <remarks>
/// A server that says nothing is asked again in the next round, with a new id and source port (RFC 5452 section 9.2). One
/// that refuses, fails or talks nonsense is not: it would do the same again at once.
/// </remarks>
internal sealed class NameServers(ResolverOptions options)
{
    private readonly int _count = Math.Min(options.Servers.Count, ResolverOptions.MaxServers);
    private int _first;

    // What one server was good for.
    private enum Outcome { Answered, Silent, Failed, Useless }

    /// <summary>Asks one question.</summary>
    /// <param name="name">Passed <see cref="DnsName.IsName"/>.</param>
    /// <param name="end">Ends all waiting.</param>
    /// <returns>A usable response; or null, and why: timeouts, network trouble and server failure pass, refusals by all
    /// servers do not.</returns>
    internal async Task<(DnsResponse? Response, DnsStatus Failure)> AskAsync(string name, DnsType type, CancellationToken end)
    {
        int first = options.Rotate ? Interlocked.Increment(ref _first) & int.MaxValue : Volatile.Read(ref _first);
        bool[] isDone = new bool[_count];
        bool sawTrouble = false;
        for (int i = 0; i < options.Attempts * _count && !end.IsCancellationRequested; i++)
        {
            int server = (first + i) % _count;
            if (isDone[server])
                continue;
            (Outcome outcome, DnsResponse? response) = await AskAsync(server, name, type, end);
            if (outcome == Outcome.Answered)
            {
                // A dead first server costs its timeout once, not with each question.
                if (!options.Rotate)
                    Volatile.Write(ref _first, server);
                return (response, DnsStatus.Ok);
            }
            isDone[server] = outcome != Outcome.Silent;
            sawTrouble |= outcome != Outcome.Useless;
        }
        return (null, sawTrouble || end.IsCancellationRequested ? DnsStatus.TryAgain : DnsStatus.Refused);
    }

    private async Task<(Outcome, DnsResponse?)> AskAsync(int server, string name, DnsType type, CancellationToken end)
    {
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(end);
        void Restart() => time.CancelAfter(options.Timeout);
        try
        {
            for (bool withEdns = true; ; withEdns = false)
            {
                Restart();
                DnsQuery query = new(RandomNumber.NextUInt16(), name, type, withEdns);
                byte[]? message = await NameServerExchange.AskAsync(options.Servers[server], query, Restart, time.Token);
                if (message is null || !DnsResponse.TryRead(message, out DnsResponse? response))
                    return (Outcome.Useless, null);
                switch (response.Code)
                {
                    case DnsResponseCode.NoError when response.IsLame && response.Answers.Count == 0 && response.SoaZone is null:
                        // A referral from a server that should have recursed: "no data" would be a lie.
                        return (Outcome.Useless, null);
                    case DnsResponseCode.NoError or DnsResponseCode.NotExistentDomain:
                        return (Outcome.Answered, response);
                    case DnsResponseCode.FormatError or DnsResponseCode.NotImplemented or DnsResponseCode.BadVersionOrBadSignature when withEdns:
                        // RFC 6891 section 7: it may not know EDNS; ask without.
                        continue;
                    case DnsResponseCode.ServerFailure:
                        return (Outcome.Failed, null);
                    default:
                        return (Outcome.Useless, null);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return (Outcome.Silent, null);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return (Outcome.Failed, null);
        }
    }
}
