using System.Net;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>Connects to one of several addresses: the first that answers (RFC 8305, "happy eyeballs").</summary>
/// <remarks>Each address has a head start before the next one is tried beside it, so one that is silent costs that long and
/// not the whole smtp_connect_timeout. Only addresses of equal MX preference run against each other: RFC 5321 section 5.1
/// wants a worse one tried only after the better ones failed, and a backup server that takes mail while the best one is
/// merely slow makes it later still.</remarks>
/// <param name="left">Addresses in order, at least one. Those that failed, which is logged, and the one that answered are
/// taken off; those that lost are not.</param>
internal sealed class ConnectRace(List<HostAddress> left, Destination destination, Surroundings surroundings)
{
    private readonly SmtpOptions _options = destination.Options;

    // RFC 8305 section 5 recommends this.
    private static readonly TimeSpan s_headStart = TimeSpan.FromMilliseconds(250);

    // More at the same time would look like an attack.
    private const int MostEntrants = 8;

    /// <summary>Why the last address that failed did; null when none failed.</summary>
    internal Dsn? Why { get; private set; }

    /// <summary>Connects to one of the first addresses in the list.</summary>
    /// <returns>null: the addresses of the best preference in the list failed, all of them.</returns>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    internal Connected? Run()
    {
        List<HostAddress> entrants = Entrants();
        Descriptor?[] sockets = new Descriptor?[entrants.Count];
        Deadline[] ends = new Deadline[entrants.Count];
        int started = 0, running = 0;
        Deadline nextStart = Deadline.Now;
        try
        {
            while (true)
            {
                if (started < entrants.Count && (running == 0 || nextStart.IsOver))
                {
                    nextStart = Deadline.In(s_headStart);
                    ends[started] = _options.ConnectTimeout > TimeSpan.Zero ? Deadline.In(_options.ConnectTimeout) : Deadline.Never;
                    if ((sockets[started] = Begin(entrants[started])) is not null)
                        running++;
                    started++;
                    continue;
                }
                if (running == 0)
                    return null;
                (int ready, bool word) = Descriptor.WaitAny(sockets, Readiness.Writable, Remaining(sockets, ends, started < sockets.Length ? nextStart : Deadline.Never), surroundings.Stop.Line);
                if (word)
                    surroundings.Stop.ThrowIfStopping();
                if (ready >= 0 && IsMade(entrants[ready], sockets[ready]!))
                {
                    left.Remove(entrants[ready]);
                    SocketStream stream = new(sockets[ready]!, surroundings.Stop);
                    sockets[ready] = null;
                    return new Connected(entrants[ready], stream);
                }
                for (int i = 0; i < started; i++)
                {
                    if (sockets[i] is null || (i != ready && !ends[i].IsOver))
                        continue;
                    if (i != ready)
                        Fails(entrants[i], TcpConnection.TimedOut());
                    sockets[i]!.Dispose();
                    sockets[i] = null;
                    running--;
                    // The next one need not wait for its turn.
                    nextStart = Deadline.Now;
                }
            }
        }
        finally
        {
            foreach (Descriptor? socket in sockets)
                socket?.Dispose();
        }
    }

    // RFC 8305 section 4: the families take turns, the one that comes first in the list begins.
    private List<HostAddress> Entrants()
    {
        int count = 1;
        while (_options.RaceAddresses && count < left.Count && count < MostEntrants && left[count].Preference == left[0].Preference)
            count++;
        List<HostAddress> order = new(count);
        bool wantSix = left[0].IsIPv6;
        for (int first = 0, other = 0; order.Count < count; wantSix = !wantSix)
        {
            ref int at = ref first;
            if (wantSix != left[0].IsIPv6)
                at = ref other;
            while (at < count && left[at].IsIPv6 != wantSix)
                at++;
            if (at < count)
                order.Add(left[at++]);
        }
        return order;
    }

    private Descriptor? Begin(HostAddress host)
    {
        IPAddress? source = host.IsIPv6 ? _options.BindAddress6 : _options.BindAddress;
        try
        {
            return TcpConnection.Begin(host.Address, destination.Hop.Port, source, reason =>
            {
                surroundings.Log.Warning($"bind {source}: {reason}");
                if (_options.BindAddressEnforce)
                    throw new SourceAddressException();
            });
        }
        catch (IOException e)
        {
            Fails(host, e);
            return null;
        }
    }

    private bool IsMade(HostAddress host, Descriptor socket)
    {
        try
        {
            TcpConnection.Finish(socket);
            return true;
        }
        catch (IOException e)
        {
            Fails(host, e);
            return false;
        }
    }

    private void Fails(HostAddress host, IOException why)
    {
        left.Remove(host);
        Why = why is SourceAddressException
            ? SmtpTrouble.Why("4.4.0", "server configuration error")
            : SmtpTrouble.Why("4.4.1", $"connect to {host.At(destination.Hop.Port).NameAndPort}: {why.Message}");
        surroundings.Log.ConnectFailed(Why.Reason);
    }

    private static int Remaining(Descriptor?[] sockets, Deadline[] ends, Deadline nextStart)
    {
        for (int i = 0; i < sockets.Length; i++)
        {
            if (sockets[i] is not null)
                nextStart = Deadline.Earlier(nextStart, ends[i]);
        }
        return nextStart.RemainingMilliseconds;
    }

    /// <summary>smtp_bind_address cannot be used, and smtp_bind_address_enforce forbids to go without.</summary>
    private sealed class SourceAddressException : IOException;
}
