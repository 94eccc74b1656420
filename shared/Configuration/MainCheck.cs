using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads main.toml from its first line to its last, before a system starts.</summary>
internal sealed class MainCheck(MainConfig config, TomlTable root)
{
    private readonly ProblemList _problems = new();
    private readonly List<string> _warnings = [];

    /// <returns>Warnings, one line each, with their places.</returns>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    internal IReadOnlyList<string> Run()
    {
        foreach (TomlEntry entry in root.Entries)
            _problems.Try(() => Check(entry));
        _problems.ThrowIfAny();
        // These follow from the system where main.toml does not give them.
        _ = config.Get(Parameters.MyHostname);
        _ = config.Get(Parameters.MyOrigin);
        OpenSecrets();
        return _warnings;
    }

    /// <summary>Reads some entries only.</summary>
    /// <inheritdoc cref="Run()"/>
    internal IReadOnlyList<string> Run(IReadOnlyList<string> names)
    {
        foreach (TomlEntry entry in root.Entries.Where(entry => names.Contains(entry.Key)))
            _problems.Try(() => Check(entry));
        _problems.ThrowIfAny();
        return _warnings;
    }

    private void Check(TomlEntry entry)
    {
        if (entry.Key == DestinationRules.TableName)
            _ = config.Destinations;
        else if (entry.Key == DkimRules.TableName)
            _ = config.Dkim;
        else if (entry.Key == OAuthRule.TableName)
            _ = config.OAuth;
        else if (entry.Key == WebhookRule.TableName)
            _ = config.Webhooks;
        else if (KnownNames.ParameterFor(entry.Key) is { } parameter)
            _ = config.ValueOf(parameter, entry.Key);
        else if (UnsupportedParameters.Find(entry.Key) is { } unsupported)
            Judge(entry, unsupported);
        else
            Other(entry);
    }

    private void Judge(TomlEntry entry, UnsupportedParameter parameter)
    {
        if (parameter.IsDefault(config, entry))
            return;
        if (parameter.IsRefused)
            throw config.WrongKey(entry.Key, $"not supported: {parameter.Reason}; leave it out");
        Warn(entry, $"{entry.Key}: has no meaning here: {parameter.Reason}");
    }

    private void Other(TomlEntry entry)
    {
        if (entry.Value is TomlString)
            _ = config.ExpandedText(entry.Key);
        if (KnownNames.UnknownKey(root, entry) is { } problem)
            Warn(entry, problem);
    }

    private void Warn(TomlEntry entry, string text) => _warnings.Add(config.At(entry, text).Message);

    private void OpenSecrets()
    {
        foreach (string name in (string[])["smtp_sasl_password_maps", "lmtp_sasl_password_maps"])
        {
            if (root.TryGet(name, out _) && ((LookupTable)config.ValueOf(Parameters.SmtpSaslPasswordMaps, name)).FileOpenToAll(config.Path) is { } file)
                _warnings.Add($"{name}: every user can read the passwords in {file}; put them into a file that only root can read, \"texthash:/path\"");
        }
    }
}
