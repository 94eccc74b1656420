using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Display;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command mta-sts: which policy a domain has, and which of its mail exchangers are in it.</summary>
internal static class MtaStsCommand
{
    /// <param name="name">The domain.</param>
    /// <param name="refresh">It is fetched anew.</param>
    internal static int Run(string directory, string name, bool refresh, bool json)
    {
        string? domain = DomainName.ToAscii(name)?.ToLowerInvariant();
        if (domain is null || !StsDomain.IsUsable(domain))
            return Caller.Fail($"\"{PrintableText.Of(name)}\" is no domain", ExitStatus.Usage);
        MainConfig config = MainConfig.Load(directory);
        MasterSettings settings = MasterSettings.Read(config);
        PolicyAnswer answer;
        string from = "the service mtasts";
        try
        {
            answer = new PolicyQuestion(domain, refresh).Ask(settings.Queue);
        }
        catch (IpcException e)
        {
            try
            {
                answer = new PolicyAnswer(new PolicyFiles($"{settings.Queue}/{PolicyFiles.DirectoryName}").Read(domain), $"the service mtasts does not answer: {e.Message}");
                from = "what it keeps";
            }
            catch (SystemCallException failure)
            {
                return Caller.Fail($"{e.Message}; {failure.Message}", ExitStatus.TemporaryFailure);
            }
        }
        long now = MailTime.NowSeconds;
        List<Exchanger> exchangers = [.. Exchangers(directory, config, settings, domain, answer.Known?.Policy, out string? unknown)];
        bool isHeeded = config.Get(Parameters.SmtpMtaSts);
        string text = json ? Json(domain, answer, now, exchangers, unknown, isHeeded, from) : Text(domain, answer, now, exchangers, unknown, isHeeded, from);
        return Output.Print(text, answer.Known is not null && !answer.Known.IsExpired(now) ? ExitStatus.Ok : 1);
    }

    private sealed record Exchanger(string Host, string Preference, bool? IsNamed);

    // The SMTP client finds them, as it does for mail.
    private static IEnumerable<Exchanger> Exchangers(string directory, MainConfig config, MasterSettings settings, string domain, StsPolicy? policy, out string? unknown)
    {
        unknown = null;
        if (MasterConfig.Load(directory, config).Services.FirstOrDefault(static service => service is { Command: "smtp", Name: not "lmtp" }) is not { } agent)
            return [];
        IReadOnlyList<Fact> facts = ProgramQuestion.Ask(directory, settings, agent, [Fact.AboutExchangers, domain]);
        unknown = facts.FirstOrDefault(static fact => fact.Name == Fact.ErrorName)?.Value;
        return facts.Where(static fact => fact.Name == Fact.ExchangerName).Select(fact => new Exchanger(fact.Value, fact.Because, policy is { Mode: not StsMode.None } ? policy.Matches(fact.Value) : null));
    }

    private static string Text(string domain, PolicyAnswer answer, long now, List<Exchanger> exchangers, string? unknown, bool isHeeded, string from)
    {
        TextTable table = new("WHAT", "IS");
        table.Row("domain", domain);
        if (answer.Known is { } known)
        {
            table.Row("mode", StsPolicy.WordFor(known.Policy.Mode)).Row("id", known.Id)
                .Row("mx", known.Policy.Mx.Count > 0 ? string.Join(' ', known.Policy.Mx) : "none")
                .Row("max_age", string.Create(CultureInfo.InvariantCulture, $"{(long)known.Policy.MaxAge.TotalSeconds} s"))
                .Row("fetched", MailTime.ListingDate(known.Fetched))
                .Row("holds until", $"{MailTime.ListingDate(known.Expires)}{(known.IsExpired(now) ? ", which is over" : "")}");
        }
        else
        {
            table.Row("policy", "none");
        }
        if (answer.Trouble is { } trouble)
            table.Row("trouble", trouble);
        foreach (Exchanger exchanger in exchangers)
            table.Row($"exchanger {exchanger.Preference}", $"{exchanger.Host}{exchanger.IsNamed switch { true => ", in the policy", false => ", NOT in the policy", _ => "" }}");
        if (unknown is not null)
            table.Row("exchangers", unknown);
        if (!isHeeded)
            table.Row("heeded", "no: smtp_mta_sts is off");
        return table.Row("told by", from).ToString();
    }

    private static string Json(string domain, PolicyAnswer answer, long now, List<Exchanger> exchangers, string? unknown, bool isHeeded, string from)
    {
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"domain\": {JsonText.Quote(domain)}, \"policy\": ");
        if (answer.Known is { } known)
        {
            json.Append(CultureInfo.InvariantCulture, $"{{\"mode\": \"{StsPolicy.WordFor(known.Policy.Mode)}\", \"id\": {JsonText.Quote(known.Id)}, \"mx\": [{string.Join(", ", known.Policy.Mx.Select(JsonText.Quote))}], "
                + $"\"max_age\": {(long)known.Policy.MaxAge.TotalSeconds}, \"fetched\": {known.Fetched}, \"expires\": {known.Expires}, \"expired\": {Word(known.IsExpired(now))}}}");
        }
        else
        {
            json.Append("null");
        }
        IEnumerable<string> hosts = exchangers.Select(static exchanger => $"{{\"host\": {JsonText.Quote(exchanger.Host)}, \"preference\": {exchanger.Preference}, \"in_policy\": {(exchanger.IsNamed is { } named ? Word(named) : "null")}}}");
        return json.Append(CultureInfo.InvariantCulture, $", \"trouble\": {Quoted(answer.Trouble)}, \"exchangers\": [{string.Join(", ", hosts)}], \"exchangers_trouble\": {Quoted(unknown)}, \"heeded\": {Word(isHeeded)}, \"told_by\": {JsonText.Quote(from)}}}\n").ToString();
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Quoted(string? text) => text is null ? "null" : JsonText.Quote(text);
}
