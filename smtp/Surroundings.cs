using PostfixNet.Delivery;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>What the client works with: the same for all requests of a process.</summary>
/// <param name="Options">As main.toml has them for all destinations.</param>
/// <param name="Clock">For the times in log lines, and for what ends by itself without being waited for.</param>
/// <param name="Stop">Ends waiting for servers.</param>
internal sealed record Surroundings(SmtpOptions Options, Log Log, TimeProvider Clock, StopSignal Stop)
{
    /// <summary>Is told results of TLS; null: nobody is.</summary>
    internal Action<TlsAttempt>? TellTls { get; init; }

    /// <summary>Where content gathers on its way out: one message leaves at a time, and each with a buffer of its own would be mostly work for the collector.</summary>
    internal byte[] ContentBuffer => field ??= new byte[MessageBody.BufferSize];
}
