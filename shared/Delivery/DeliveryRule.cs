using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>How the agent talks to the servers of one destination: that part of a table [destination."NAME"].</summary>
/// <remarks>It travels with the request: qmgr alone knows which table holds, and mail in its queue follows a change at once.</remarks>
/// <param name="Name">Of the table.</param>
/// <param name="Tls">In place of smtp_tls_security_level; empty: not said.</param>
/// <param name="SourceIPv4">In place of smtp_bind_address; null: not said.</param>
/// <param name="SourceIPv6">In place of smtp_bind_address6; null: not said.</param>
/// <param name="Login">The key of smtp_sasl_password_maps; empty: not said.</param>
public sealed record DeliveryRule(string Name, string Tls, IPAddress? SourceIPv4, IPAddress? SourceIPv6, string Login)
{
    /// <summary>The part of a table that concerns agents; null when there is none.</summary>
    public static DeliveryRule? Of(DestinationRule? rule) =>
        rule is null or { Tls: null, SourceIPv4: null, SourceIPv6: null, Login: null }
            ? null
            : new DeliveryRule(rule.Name, rule.Tls ?? "", rule.SourceIPv4, rule.SourceIPv6, rule.Login ?? "");

    internal AttributeList ToAttributes() => new AttributeList().Add("name", Name).Add("tls", Tls)
        .Add("source_ipv4", SourceIPv4?.ToString() ?? "").Add("source_ipv6", SourceIPv6?.ToString() ?? "").Add("login", Login);

    /// <exception cref="IpcException">Malformed.</exception>
    internal static DeliveryRule From(AttributeList list) => new(list.Text("name"), list.Text("tls"),
        AddressIn(list, "source_ipv4"), AddressIn(list, "source_ipv6"), list.Text("login"));

    private static IPAddress? AddressIn(AttributeList list, string name)
    {
        string text = list.Text(name);
        return text.Length == 0 ? null : IPAddress.TryParse(text, out IPAddress? address) ? address : throw new IpcException($"{name}: no IP address");
    }
}
