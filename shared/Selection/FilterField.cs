using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Selection;

/// <summary>How the values of a number are written.</summary>
internal enum FilterUnit
{
    Plain,
    Time,
    Bytes,
}

/// <summary>What can be asked of a message, by its name in the language.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Texts">Of a message; null: it is a number.</param>
/// <param name="Number">Of a message; null: it is a text.</param>
/// <param name="Unit">Of a number.</param>
/// <param name="Needs">What must be known for it.</param>
/// <param name="Words">The only values there are; null: any.</param>
internal sealed record FilterField(
    string Name, Func<IMailFacts, IEnumerable<string>>? Texts = null, Func<IMailFacts, long?>? Number = null, FilterUnit Unit = FilterUnit.Plain,
    FilterNeeds Needs = FilterNeeds.None, IReadOnlyList<string>? Words = null)
{
    private const string ForceExpired = "force-expired";

    /// <summary>All of them, but header:NAME.</summary>
    internal static IReadOnlyList<FilterField> All { get; } =
    [
        new("sender", static message => Forms(message.Sender)),
        new("recipient", static message => message.Recipients().SelectMany(static recipient => Forms(recipient.Address))),
        new("domain", static message => message.Recipients().Select(static recipient => Address.DomainOf(recipient.Address))),
        new("nexthop", static message => message.Recipients().SelectMany(recipient => HopForms(message.RouteOf(recipient.Address).NextHop)), Needs: FilterNeeds.Routes),
        new("transport", static message => message.Recipients().Select(recipient => message.RouteOf(recipient.Address).Transport), Needs: FilterNeeds.Routes),
        new("site", static message => message.Recipients().Select(recipient => message.RouteOf(recipient.Address).Site), Needs: FilterNeeds.Routes),
        new("state", static message => message.IsForceExpired ? [message.State, ForceExpired] : [message.State], Needs: FilterNeeds.Place,
            Words: [.. ((QueueName[])[QueueName.Maildrop, QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt])
                .Select(QueueDirectories.NameOf), ForceExpired]),
        new("reason", static message => message.Recipients().Where(static recipient => recipient.Delay is not null).Select(static recipient => recipient.Delay!.Reason), Needs: FilterNeeds.Delays),
        new("code", static message => message.Recipients().Where(static recipient => recipient.Delay is not null).Select(static recipient => recipient.Delay!.Status), Needs: FilterNeeds.Delays),
        new("message-id", static message => message.Headers("Message-ID").SelectMany(static id => (string[])[id, id.TrimStart('<').TrimEnd('>')]), Needs: FilterNeeds.Content),
        new("id", static message => [message.Id]),
        new("require-tls", static message => [message.RequireTls.Word() ?? "usual"], Words: ["yes", "no", "usual"]),
        new("age", Number: static message => message.Age, Unit: FilterUnit.Time),
        new("next", Number: static message => message.Wait, Unit: FilterUnit.Time, Needs: FilterNeeds.Place),
        new("size", Number: static message => message.Size, Unit: FilterUnit.Bytes),
        new("attempts", Number: static message => message.Attempts),
        new("recipients", Number: static message => message.Recipients().Count()),
    ];

    /// <summary>The headers of a name.</summary>
    internal static FilterField Header(string name) => new($"header:{name}", message => message.Headers(name), Needs: FilterNeeds.Content);

    // As it is, and as listings show it; nobody has an address but "<>" there.
    private static string[] Forms(string address)
    {
        string shown = address.Length == 0 ? "<>" : Address.ToExternal(address);
        return shown == address ? [address] : [address, shown];
    }

    // "[host]:port" is also the host.
    private static string[] HopForms(string nextHop)
    {
        string host = Pause.HostOf(nextHop);
        return host == nextHop ? [nextHop] : [nextHop, host];
    }
}
