using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>Where mail goes, by the queue manager's word.</summary>
/// <param name="Transport">Name of the service.</param>
/// <param name="NextHop">Domain or host, as it is configured; of built-in transports the text.</param>
/// <param name="Site">The mail exchanger that the next hop was found to have; empty: not known.</param>
public sealed record MailRoute(string Transport, string NextHop, string Site = "");

/// <summary>What those who list and select mail ask qmgr: where recipients' mail goes now, a few hundred at once.</summary>
/// <param name="Pairs">Sender and recipient, internal form.</param>
public sealed record RouteQuestion(IReadOnlyList<(string Sender, string Address)> Pairs)
{
    /// <summary>More are refused: nothing may keep the queue manager for long.</summary>
    public const int Limit = 1000;

    private const string PairsName = "route_pairs", Address = "address";

    /// <summary>Whether a message is one.</summary>
    public static bool Is(AttributeList list) => list.Has(PairsName);

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(PairsName,
        [.. Pairs.Select(static pair => new AttributeList().Add(FieldName.Sender, pair.Sender).Add(Address, pair.Address))]);

    /// <exception cref="IpcException">Malformed, or too many.</exception>
    public static RouteQuestion From(AttributeList list) => list.Lists(PairsName) is { Count: <= Limit } pairs
        ? new([.. pairs.Select(static pair => (pair.Text(FieldName.Sender), pair.Text(Address)))])
        : throw new IpcException($"more than {Limit} routes asked for at once");
}

/// <summary>What qmgr answers.</summary>
/// <param name="Routes">One for each pair, in their order.</param>
public sealed record RouteAnswer(IReadOnlyList<MailRoute> Routes)
{
    private const string RoutesName = "routes", TransportName = "transport", NextHopName = "next_hop", SiteName = "site";

    /// <summary>For the line to who asked.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(RoutesName,
        [.. Routes.Select(static route => new AttributeList().Add(TransportName, route.Transport).Add(NextHopName, route.NextHop).AddOptional(SiteName, route.Site))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static RouteAnswer From(AttributeList list) => new(
        [.. list.Lists(RoutesName).Select(static route => new MailRoute(route.Text(TransportName), route.Text(NextHopName), route.OptionalText(SiteName) ?? ""))]);
}
