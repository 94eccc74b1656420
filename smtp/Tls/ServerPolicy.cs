using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>What the policy of a next hop comes to with one of its servers.</summary>
/// <param name="Tls">What the conversation needs, and by what the server proves who it is (<see cref="TlsPolicy.Verifier"/>).</param>
/// <param name="Why">Why the server gets no mail now; null: it may.</param>
/// <param name="Finding">What others publish of it, for reports; null: nothing that counts.</param>
internal sealed record ServerPolicy(TlsPolicy Tls, Dsn? Why = null, TlsFinding? Finding = null);
