using System.Globalization;
using System.Text;
using PostfixNet.Commands;
using PostfixNet.Configuration;
using PostfixNet.Display;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command config: what holds, what was changed, what a parameter means. Settings are printed as main.toml would have them.</summary>
internal static class ConfigCommand
{
    /// <param name="Names">Parameters to be described; none: all are listed.</param>
    /// <param name="Changed">Only those that main.toml gives another value than the default.</param>
    /// <param name="Defaults">Their defaults, not their values.</param>
    /// <param name="Json">One JSON object a line.</param>
    internal sealed record Wanted(IReadOnlyList<string> Names, bool Changed, bool Defaults, bool Json);

    internal static int Run(string directory, Wanted wanted)
    {
        SettingList settings = MainConfig.Load(directory).AllSettings();
        int status = ExitStatus.Ok;
        List<Setting> shown = [];
        foreach (string name in wanted.Names)
        {
            if (settings.Find(name) is { } setting)
                shown.Add(setting);
            else
                status = Caller.Fail($"there is no parameter \"{PrintableText.Of(name)}\"{SettingList.Suggestion(name)}", 1);
        }
        if (wanted.Names.Count == 0)
            shown.AddRange(settings.All().Where(setting => (setting.IsSupported || setting.Place is not null) && (!wanted.Changed || setting.IsChanged)));
        IReadOnlyDictionary<string, string>? meanings = wanted.Json || wanted.Names.Count > 0 ? SourceComments.ParameterMeanings(typeof(ConfigCommand).Assembly) : null;
        StringBuilder text = new();
        foreach (Setting setting in shown)
        {
            string meaning = setting.Base is { } known && meanings?.GetValueOrDefault(known) is { } found ? found : "";
            text.Append(wanted.Json ? Json(settings, setting, meaning) : wanted.Names.Count > 0 ? Described(settings, setting, meaning) : $"{setting.Name} = {Toml(settings, setting, wanted.Defaults)}\n");
        }
        if (wanted is { Names.Count: 0, Defaults: false, Json: false })
        {
            foreach (DestinationRule rule in settings.Destinations())
                text.Append('\n').Append(Table(rule));
            foreach ((string name, string says) in settings.Tokens())
                text.Append(CultureInfo.InvariantCulture, $"\n[oauth.\"{name}\"]\n# {says}\n");
            foreach ((string name, string says) in settings.Webhooks())
                text.Append(CultureInfo.InvariantCulture, $"\n[webhook.\"{name}\"]\n# {says}\n");
            foreach ((string name, string says) in settings.Signing())
                text.Append(CultureInfo.InvariantCulture, $"\n[dkim.\"{name}\"]\n# {says}\n");
        }
        return Output.Print(text.ToString(), status);
    }

    // With $name expanded: what holds.
    private static string Toml(SettingList settings, Setting setting, bool isDefault) =>
        Toml(setting.Kind, isDefault ? settings.ExpandDefault(setting.Default) : settings.Expand(setting.Written));

    private static string Toml(SettingKind kind, string value) => kind switch
    {
        SettingKind.Flag => value.ToLowerInvariant() is "yes" or "true" ? "true" : "false",
        SettingKind.Number when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => value,
        SettingKind.List => $"[{string.Join(", ", SettingList.Words(value).Select(JsonText.Quote))}]",
        _ => JsonText.Quote(value),
    };

    /// <summary>A table [destination."NAME"], with what "*" says for it, too.</summary>
    internal static string Table(DestinationRule rule)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"[destination.{JsonText.Quote(rule.Name)}]\n");
        foreach (IGrouping<string, string> setting in rule.Settings().GroupBy(static setting => setting.Key, static setting => setting.Value))
            text.Append(CultureInfo.InvariantCulture, $"{setting.Key} = {Toml([.. setting])}\n");
        return text.ToString();
    }

    private static string Toml(IReadOnlyList<string> values) => values.Count > 1 ? $"[{string.Join(", ", values.Select(JsonText.Quote))}]"
        : values[0].All(char.IsAsciiDigit) ? values[0] : JsonText.Quote(values[0]);

    private static string Described(SettingList settings, Setting setting, string meaning)
    {
        string own = setting.Base is { } known && known != setting.Name ? $" (of one transport; for all: {known})" : "";
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{setting.Name} = {Toml(settings, setting, isDefault: false)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  {(meaning.Length > 0 ? meaning : setting.IsSupported ? "No description." : "A parameter of Postfix that is not built; its default is all that it can be.")}{own}\n");
        text.Append(CultureInfo.InvariantCulture, $"  kind      {Kind(setting.Kind)}\n  default   {Toml(setting.Kind, setting.Default)}\n");
        if (setting.Default.Contains('$', StringComparison.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"            that is {Toml(setting.Kind, settings.Expand(setting.Default))}\n");
        text.Append(CultureInfo.InvariantCulture, $"  given     {setting.Place ?? "no"}\n");
        if (setting.Place is not null && settings.Expand(setting.Written) != setting.Written)
            text.Append(CultureInfo.InvariantCulture, $"  written   {Toml(setting.Kind, setting.Written)}\n");
        return text.ToString();
    }

    private static string Kind(SettingKind kind) => kind switch
    {
        SettingKind.Flag => "true or false",
        SettingKind.Number => "a whole number",
        SettingKind.Time => "a time, such as \"30s\", \"5m\", \"1h\", \"5d\"",
        SettingKind.List => "a list of words",
        SettingKind.Table => "lookup tables (docs/tables.md)",
        _ => "text",
    };

    private static string Json(SettingList settings, Setting setting, string meaning)
    {
        string Value(string text) => setting.Kind is SettingKind.Table or SettingKind.Text or SettingKind.Time ? JsonText.Quote(text) : Toml(setting.Kind, text);
        return $"{{\"name\": {JsonText.Quote(setting.Name)}, \"value\": {Value(settings.Expand(setting.Written))}, \"written\": {JsonText.Quote(setting.Written)}, \"default\": {JsonText.Quote(setting.Default)}, "
            + $"\"given\": {(setting.Place is { } place ? JsonText.Quote(place) : "null")}, \"changed\": {(setting.IsChanged ? "true" : "false")}, \"kind\": \"{setting.Kind.ToString().ToLowerInvariant()}\", "
            + $"\"supported\": {(setting.IsSupported ? "true" : "false")}, \"meaning\": {JsonText.Quote(meaning)}}}\n";
    }

    /// <summary>What will hold for mail to an address or domain: the programs that will do it are asked.</summary>
    /// <param name="from">The sender; null: anybody here.</param>
    internal static int For(string directory, string recipient, string? from, bool json)
    {
        string address = recipient.Contains('@', StringComparison.Ordinal) ? recipient : $"anybody@{recipient}";
        MainConfig config = MainConfig.Load(directory);
        string sender = from is null ? $"anybody@{config.Get(Parameters.MyOrigin)}" : from == "<>" ? "" : from;
        MasterSettings settings = MasterSettings.Read(config);
        IReadOnlyList<ServiceEntry> services = MasterConfig.Load(directory, config).Services;
        List<Fact> facts = [];
        ServiceEntry manager = services.FirstOrDefault(static service => service.Command == "qmgr") ?? throw new ConfigurationException("master.toml has no service of qmgr, which knows where mail goes");
        facts.AddRange(ProgramQuestion.Ask(directory, settings, manager, [address, sender]));
        string Known(string name) => facts.Find(fact => fact.Name == name)?.Value ?? "";
        string transport = Known("transport");
        if (facts.Count > 2 && services.FirstOrDefault(service => service.Name == transport) is { } agent)
            facts.AddRange(ProgramQuestion.Ask(directory, settings, agent, [Known("next hop"), Known("table"), sender]));
        else if (facts.Count > 2)
            facts.Add(new Fact("service", "none", $"master.toml has no service {transport}: mail waits"));
        if (json)
        {
            string all = string.Join(", ", facts.Select(static fact => $"{{\"name\": {JsonText.Quote(fact.Name)}, \"value\": {JsonText.Quote(fact.Value)}, \"because\": {JsonText.Quote(fact.Because)}}}"));
            return Output.Print($"{{\"recipient\": {JsonText.Quote(address)}, \"sender\": {JsonText.Quote(sender)}, \"facts\": [{all}]}}\n", ExitStatus.Ok);
        }
        TextTable table = new("WHAT", "HOLDS", "BECAUSE OF");
        foreach (Fact fact in facts)
            table.Row(fact.Name, fact.Value, fact.Because);
        return Output.Print($"Mail from <{PrintableText.Of(sender)}> to <{PrintableText.Of(address)}>:\n{table}", ExitStatus.Ok);
    }
}
