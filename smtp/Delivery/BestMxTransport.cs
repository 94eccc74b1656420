using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>Hands requests on to the delivery service that best_mx_transport names (S4-10): this system is the best mail
/// exchanger of the domain, so there is nowhere to send its mail.</summary>
/// <remarks>A service never hands on to itself, and all services of one system share one best_mx_transport: a request is
/// handed on once at most.</remarks>
/// <param name="setting">"service" or "service:nexthop".</param>
/// <param name="timeout">For one message to the service, and for its report (ipc_timeout).</param>
/// <param name="stop">Ends the waiting for a process; one that has the request hears of it, too, and reports.</param>
internal sealed class BestMxTransport(string setting, TimeSpan timeout, StopSignal stop)
{
    // As long as a service takes to start, many times over; later it is held back by master.
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(1);

    /// <summary>The service that a setting names.</summary>
    internal static string ServiceOf(string setting) =>
        setting.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? setting[..colon] : setting;

    /// <summary>Has the recipients that are left delivered: when this returns, each was sent, deferred or bounced, and the
    /// other service has reported it. What is wrong with its destination is not wrong with ours.</summary>
    /// <exception cref="IpcException">The service does not answer, or broke off.</exception>
    /// <exception cref="StoppingException">This program was told to stop before a process took the request.</exception>
    internal DeliveryReport Deliver(DeliveryRequest request, IEnumerable<AttemptRecipient> left)
    {
        string service = ServiceOf(setting);
        string nextHop = setting.Length > service.Length + 1 ? setting[(service.Length + 1)..] : request.NextHop;
        // What the destination's table asks of a server does not hold for the way to a service of this system.
        return Ask(service, request with { NextHop = nextHop, Recipients = [.. left.Select(static r => r.Recipient)], MoreWaits = false, Rule = null });
    }

    private DeliveryReport Ask(string service, DeliveryRequest request)
    {
        using Channel channel = Channel.Connect(Path.Combine("private", service), service, timeout);
        WaitForProcess(channel, service);
        if (AgentReady.From(channel.ReceiveReply()) is null)
            throw new IpcException($"{service}: not a delivery service");
        channel.Send(request.ToAttributes());
        return DeliveryReport.From(channel.ReceiveReply());
    }

    private void WaitForProcess(Channel channel, string service)
    {
        Deadline deadline = Deadline.In(s_start);
        while (true)
        {
            int left = deadline.RemainingMilliseconds;
            (Readiness ready, bool word) = channel.Socket.Wait(Readiness.Readable, left, stop.Line);
            if (word)
                stop.ThrowIfStopping();
            if (ready != Readiness.None)
                return;
            if (left == 0)
                throw new IpcException($"{service}: nobody serves there");
        }
    }
}
