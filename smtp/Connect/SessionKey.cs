using PostfixNet.Delivery;

namespace PostfixNet.Smtp;

/// <summary>What two messages must have in common to go over one session.</summary>
/// <param name="NextHop">As qmgr names it.</param>
/// <param name="LoginSender">The sender whose own login the session has; empty: mail of all senders has the same login.</param>
/// <param name="Rule">What main.toml says of the destination: TLS, source address, login; null: nothing.</param>
/// <param name="Tls">How well it is protected, <see cref="TlsPolicy.Key"/>: a session under a weaker policy is no good.</param>
internal sealed record SessionKey(string NextHop, string LoginSender, DeliveryRule? Rule, string Tls);
