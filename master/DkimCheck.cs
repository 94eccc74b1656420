using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command dkim check: whether receivers find the keys that mail is signed with. The program that signs is asked, with the rights that it has then:
/// what name servers say is not for root to read.</summary>
internal static class DkimCheck
{
    private const string Record = "record";

    /// <param name="domains">Of tables; none: all.</param>
    internal static int Run(string directory, IReadOnlyList<string> domains, bool json)
    {
        MainConfig config = MainConfig.Load(directory);
        List<string> names = [.. config.Dkim.All.Select(static rule => rule.Domain)];
        if (names.Count == 0)
            return Caller.Fail("nothing is signed: main.toml has no table [dkim.\"DOMAIN\"]; \"master dkim genkey DOMAIN SELECTOR\" makes a key for one", 1);
        foreach (string domain in domains)
        {
            if (config.Dkim.For(domain) is null)
                return Caller.Fail($"main.toml has no table [dkim.\"{PrintableText.Of(domain)}\"], nor one of a domain above it; there are {string.Join(", ", names)}", 1);
        }
        if (domains.Count > 0)
            names = [.. domains.Select(domain => config.Dkim.For(domain)!.Domain).Distinct()];
        MasterSettings settings = MasterSettings.Read(config);
        ServiceEntry agent = MasterConfig.Load(directory, config).Services.FirstOrDefault(static service => service.Command == "smtp" && service.Name != "lmtp")
            ?? throw new ConfigurationException("master.toml has no service of smtp, which signs mail");
        StringBuilder text = new();
        int status = ExitStatus.Ok;
        foreach (string name in names)
        {
            string? selectors = null;
            foreach (Fact fact in ProgramQuestion.Ask(directory, settings, agent, [Fact.AboutSigning, name]))
            {
                status = Math.Max(status, fact.Name is "error" or "unknown" ? 1 : 0);
                text.Append(json ? Json(name, fact, ref selectors) : Line(fact));
            }
            text.Append(json && selectors is not null ? "}\n" : "");
        }
        return Output.Print(text.ToString(), status);
    }

    private static string Line(Fact fact) => fact.Name == Record
        ? $"  {DkimRecord.ZoneLine(fact.Value, fact.Because).Replace("\n", "\n  ", StringComparison.Ordinal)}\n"
        : $"{fact.Name}: {fact.Value}: {fact.Because}\n";

    // One object a key; the record that it lacks is part of it.
    private static string Json(string domain, Fact fact, ref string? open)
    {
        if (fact.Name == Record)
            return $", \"record\": {JsonText.Quote(fact.Because)}";
        string before = open is null ? "" : "}\n";
        open = fact.Value;
        return $"{before}{{\"domain\": {JsonText.Quote(domain)}, \"name\": {JsonText.Quote(fact.Value)}, \"status\": {JsonText.Quote(fact.Name)}, \"text\": {JsonText.Quote(fact.Because)}";
    }
}
