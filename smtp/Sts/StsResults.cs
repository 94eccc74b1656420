using PostfixNet.MtaSts;

namespace PostfixNet.Smtp.Sts;

/// <summary>What became of MTA-STS with one server: the one place through which each attempt at TLS under a policy comes.</summary>
internal static class StsResults
{
    /// <param name="turn">The server's; without a policy nothing is noted.</param>
    /// <param name="trouble">What was wrong; null: the server did what the policy asks for.</param>
    internal static void Note(ServerTurn turn, string? trouble)
    {
        // Under one that enforces, what follows is told with the mail.
        if (turn.Tls.Sts is { Policy.Mode: StsMode.Testing } known && trouble is not null && turn.Tls.Tlsa is null)
            turn.Delivery.Log.StsTestFails(known.Domain, turn.Server.NameAndPort, trouble);
    }
}
