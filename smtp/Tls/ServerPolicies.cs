using PostfixNet.Dns;
using PostfixNet.Smtp.Dane;

namespace PostfixNet.Smtp;

/// <summary>Decides for each server, before it is connected to, what the policy of its next hop comes to: the one place where
/// what others publish of a server (TLSA records) meets what main.toml asks for.</summary>
internal sealed class ServerPolicies(IResolver resolver, Log log)
{
    private readonly DanePolicy _dane = new(new TlsaLookup(resolver, log), log);

    /// <param name="destination">The next hop, with the policy that was asked for.</param>
    /// <param name="host">One of its servers.</param>
    internal ServerPolicy For(Destination destination, HostAddress host) =>
        destination is { Tls.Level: TlsLevel.Dane or TlsLevel.DaneOnly, Options.Tls: { } policies }
            ? _dane.For(destination, policies, host)
            : new ServerPolicy(destination.Tls);
}
