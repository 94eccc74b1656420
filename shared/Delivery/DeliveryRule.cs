using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>How the agent talks to the servers of one destination: that part of a table [destination."NAME"].</summary>
/// <remarks>It travels with the request: qmgr alone knows which table holds, and mail in its queue follows a change at once.</remarks>
/// <param name="Name">Of the table.</param>
/// <param name="Tls">In place of smtp_tls_security_level; null: not said.</param>
/// <param name="SourceIPv4">In place of smtp_bind_address; null: not said.</param>
/// <param name="SourceIPv6">In place of smtp_bind_address6; null: not said.</param>
/// <param name="Login">The key of smtp_sasl_password_maps; null: not said.</param>
/// <param name="Certificate">File of the certificate to show, in place of smtp_tls_cert_file; null: not said.</param>
/// <param name="CertificateKey">File of its private key; there if <paramref name="Certificate"/> is.</param>
public sealed record DeliveryRule(string Name, string? Tls = null, IPAddress? SourceIPv4 = null, IPAddress? SourceIPv6 = null, string? Login = null, string? Certificate = null, string? CertificateKey = null)
{
    /// <summary>The part of a table that concerns agents; null when there is none.</summary>
    public static DeliveryRule? Of(DestinationRule? rule) =>
        rule is null or { Tls: null, SourceIPv4: null, SourceIPv6: null, Login: null, Certificate: null }
            ? null
            : new DeliveryRule(rule.Name, rule.Tls, rule.SourceIPv4, rule.SourceIPv6, rule.Login, rule.Certificate?.File, rule.Certificate?.KeyFile);

    private const string NameName = "name", TlsName = "tls", SourceIPv4Name = "source_ipv4", SourceIPv6Name = "source_ipv6", LoginName = "login",
        CertificateName = "certificate", CertificateKeyName = "certificate_key";

    internal AttributeList ToAttributes() => new AttributeList().Add(NameName, Name).AddOptional(TlsName, Tls)
        .AddOptional(SourceIPv4Name, SourceIPv4?.ToString()).AddOptional(SourceIPv6Name, SourceIPv6?.ToString()).AddOptional(LoginName, Login)
        .AddOptional(CertificateName, Certificate).AddOptional(CertificateKeyName, CertificateKey);

    /// <exception cref="IpcException">Malformed.</exception>
    internal static DeliveryRule From(AttributeList list) => new(list.Text(NameName), list.OptionalText(TlsName),
        AddressIn(list, SourceIPv4Name), AddressIn(list, SourceIPv6Name), list.OptionalText(LoginName),
        list.OptionalText(CertificateName), list.OptionalText(CertificateKeyName));

    private static IPAddress? AddressIn(AttributeList list, string name) => list.OptionalText(name) is not { } text ? null
        : IPAddress.TryParse(text, out IPAddress? address) ? address : throw new IpcException($"{name}: no IP address");
}
