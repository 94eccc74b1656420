using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.MtaSts;

/// <summary>What is asked of the service mtasts.</summary>
/// <param name="Domain">Whose policy: see <see cref="StsDomain"/>.</param>
/// <param name="Refresh">It is fetched anew, whatever is known of it.</param>
public sealed record PolicyQuestion(string Domain, bool Refresh)
{
    /// <summary>Its socket, below queue_directory.</summary>
    public const string Socket = "private/mtasts";

    private const string DomainField = "domain", RefreshField = "refresh";

    // The service answers within its own, shorter, limit.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(DomainField, Domain).Add(RefreshField, Refresh);

    /// <exception cref="IpcException">Malformed.</exception>
    public static PolicyQuestion From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string domain = list.Text(DomainField);
        return StsDomain.IsUsable(domain) ? new(domain, list.IsTrue(RefreshField)) : throw new IpcException($"asked for the policy of \"{PrintableText.Of(domain)}\", which is no domain");
    }

    /// <summary>Asks, and waits for the answer; not for long.</summary>
    /// <param name="queue">queue_directory.</param>
    /// <exception cref="IpcException">The service does not answer.</exception>
    public PolicyAnswer Ask(string queue)
    {
        using Channel channel = Channel.Connect($"{queue}/{Socket}", Socket, s_patience);
        channel.Send(ToAttributes());
        return PolicyAnswer.From(Domain, channel.ReceiveReply());
    }
}

/// <summary>What the service mtasts says.</summary>
/// <param name="Known">The policy that holds; null: none does.</param>
/// <param name="Trouble">Why none could be had, or not the one that is announced now; null: nothing is wrong.</param>
/// <param name="Fault">The domain announces a policy, which could not be had: of what kind <paramref name="Trouble"/> is. null: it is not known that it announces one.</param>
public sealed record PolicyAnswer(KnownPolicy? Known, string? Trouble, StsFault? Fault = null)
{
    private const string IdField = "id", ModeField = "mode", AgeField = "max_age", MxField = "mx", FetchedField = "fetched", TroubleField = "trouble", FaultField = "fault";

    /// <summary>The domain has no policy.</summary>
    public static readonly PolicyAnswer None = new(null, null);

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().AddOptional(TroubleField, Trouble).AddOptional(FaultField, Fault is { } fault ? WordFor(fault) : null);
        return Known is null ? list
            : list.Add(IdField, Known.Id).Add(ModeField, StsPolicy.WordFor(Known.Policy.Mode)).Add(AgeField, (long)Known.Policy.MaxAge.TotalSeconds)
                .Add(FetchedField, Known.Fetched).Add(MxField, string.Join(' ', Known.Policy.Mx));
    }

    /// <summary>Reads an answer about a domain.</summary>
    /// <exception cref="IpcException">Malformed.</exception>
    public static PolicyAnswer From(string domain, AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string? trouble = list.OptionalText(TroubleField);
        StsFault? fault = list.OptionalText(FaultField) is { } word ? FaultOf(word) : null;
        if (!list.Has(IdField))
            return new PolicyAnswer(null, trouble, fault);
        StsMode mode = StsPolicy.ModeOf(list.Text(ModeField)) ?? throw new IpcException("unknown mode of a policy");
        string[] mx = list.Text(MxField).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new PolicyAnswer(new KnownPolicy(domain, list.Text(IdField), new StsPolicy(mode, TimeSpan.FromSeconds(list.Number(AgeField)), mx), list.Number(FetchedField)), trouble, fault);
    }

    private static string WordFor(StsFault fault) => fault switch { StsFault.Certificate => "certificate", StsFault.Policy => "policy", _ => "fetch" };

    // One that a newer service tells is a failure all the same.
    private static StsFault FaultOf(string word) => word switch { "certificate" => StsFault.Certificate, "policy" => StsFault.Policy, _ => StsFault.Fetch };
}
