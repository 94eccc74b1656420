using PostfixNet.Configuration;
using PostfixNet.Display;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command auth-test: logs in to the server of a destination, by the program that delivers there, and shows each step. No mail is sent.</summary>
internal static class AuthTest
{
    // Names, connections to several servers, the session, a program that fetches a token.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    /// <param name="destination">A domain or address, whose route is taken; or a next hop: "[host]", with ":port" or without, "host:port".</param>
    /// <param name="from">The sender; null: anybody here.</param>
    /// <param name="transport">The service for a next hop; null: smtp.</param>
    /// <param name="verbose">The conversation is shown, too.</param>
    internal static int Run(string directory, string destination, string? from, string? transport, bool verbose, bool json)
    {
        MainConfig config = MainConfig.Load(directory);
        string sender = from is null ? $"anybody@{config.Get(Parameters.MyOrigin)}" : from == "<>" ? "" : from;
        MasterSettings settings = MasterSettings.Read(config);
        IReadOnlyList<ServiceEntry> services = MasterConfig.Load(directory, config).Services;
        bool isNextHop = !destination.Contains('@', StringComparison.Ordinal) && (destination.StartsWith('[') || destination.Contains(':', StringComparison.Ordinal));
        (string agentName, string hop, string table) = (transport ?? "smtp", destination, "");
        if (!isNextHop && !Route(directory, settings, services, destination, sender, transport, out agentName, out hop, out table))
            return Caller.Fail($"mail to {PrintableText.Of(destination)} goes to no server ({agentName})", ExitStatus.Usage);
        ServiceEntry agent = services.FirstOrDefault(service => service.Name == agentName && service.Command == "smtp")
            ?? throw new ConfigurationException($"master.toml has no service {agentName} that runs smtp");
        IReadOnlyList<Fact> facts = ProgramQuestion.Ask(directory, settings, agent, [Fact.AboutLogin, hop, table, sender], s_limit);
        Fact result = facts.LastOrDefault(static fact => fact.Name == Fact.ResultName) ?? new Fact(Fact.ResultName, "not tried", "the program does not say");
        return Output.Print(json ? Json(facts) : Text(facts, verbose), result.Value switch { "accepted" => ExitStatus.Ok, "not tried" => ExitStatus.TemporaryFailure, _ => 1 });
    }

    // As "master config --for" finds it.
    private static bool Route(string directory, MasterSettings settings, IReadOnlyList<ServiceEntry> services, string destination, string sender, string? transport,
        out string agent, out string hop, out string table)
    {
        ServiceEntry manager = services.FirstOrDefault(static service => service.Command == "qmgr") ?? throw new ConfigurationException("master.toml has no service of qmgr, which knows where mail goes");
        IReadOnlyList<Fact> facts = ProgramQuestion.Ask(directory, settings, manager, [destination.Contains('@', StringComparison.Ordinal) ? destination : $"anybody@{destination}", sender]);
        string Known(string name) => facts.FirstOrDefault(fact => fact.Name == name)?.Value ?? "";
        (agent, hop, table) = (transport ?? Known("transport"), Known("next hop"), Known("table"));
        return facts.Count > 2 && hop.Length > 0;
    }

    private static string Text(IReadOnlyList<Fact> facts, bool verbose)
    {
        TextTable table = new("STEP", "WHAT", "WHY");
        foreach (Fact fact in facts.Where(fact => verbose || fact.Name is not (Fact.SaidName or Fact.HeardName)))
            table.Row(fact.Name, fact.Value, fact.Because);
        return table.ToString();
    }

    private static string Json(IReadOnlyList<Fact> facts) => "[" + string.Join(", ", facts.Select(static fact =>
        $"{{\"step\": {JsonText.Quote(fact.Name)}, \"what\": {JsonText.Quote(fact.Value)}, \"why\": {JsonText.Quote(fact.Because)}}}")) + "]\n";
}
