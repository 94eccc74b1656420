using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>Hands requests on to the delivery service that best_mx_transport names (S4-10): this system is the best mail
/// exchanger of the domain, so there is nowhere to send its mail.</summary>
/// <remarks>A service never hands on to itself, and all services of one system share one best_mx_transport: a request is
/// handed on once at most.</remarks>
/// <param name="setting">"service" or "service:nexthop".</param>
/// <param name="timeout">For one message to the service, and for its report (ipc_timeout).</param>
internal sealed class BestMxTransport(string setting, TimeSpan timeout)
{
    // As long as a service takes to start, many times over; later it is held back by master.
    private const int ReadyMilliseconds = 60_000;

    /// <summary>The service that a setting names.</summary>
    internal static string ServiceOf(string setting) =>
        setting.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? setting[..colon] : setting;

    /// <summary>Has a request delivered; when this returns, each recipient was sent, deferred or bounced.</summary>
    /// <exception cref="IpcException">The service does not answer, or broke off.</exception>
    internal DeliveryReport Deliver(DeliveryRequest request)
    {
        string service = ServiceOf(setting);
        string nextHop = setting.Length > service.Length + 1 ? setting[(service.Length + 1)..] : request.NextHop;
        using Channel channel = Channel.Connect(Path.Combine("private", service), service, timeout);
        if (channel.Socket.Wait(Readiness.Readable, ReadyMilliseconds).This == Readiness.None)
            throw new IpcException($"{service}: nobody serves there");
        if (!DeliveryReport.IsReady(channel.ReceiveReply()))
            throw new IpcException($"{service}: not a delivery service");
        channel.Send((request with { NextHop = nextHop, MoreWaits = false }).ToAttributes());
        return DeliveryReport.From(channel.ReceiveReply());
    }
}
