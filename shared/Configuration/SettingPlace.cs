using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Where main.toml says something: for errors and remarks of those who look at it later.</summary>
public sealed class SettingPlace
{
    private readonly MainConfig _config;
    private readonly string _label;
    private readonly TomlNode _node;

    internal SettingPlace(MainConfig config, string label, TomlNode node) => (_config, _label, _node) = (config, label, node);

    /// <summary>An error, with this place.</summary>
    public ConfigurationException Refuse(string problem) => _config.Wrong(_label, _node, problem);

    /// <summary>Notes something odd about it.</summary>
    public void Remark(string problem) => _config.Remark(_label, _node, problem);
}
