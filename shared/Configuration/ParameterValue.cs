using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>What there is to read for one parameter: the value in main.toml, else the default.</summary>
/// <param name="Config">Where it stands.</param>
/// <param name="Name">Key in main.toml: the parameter's, or that of one transport.</param>
/// <param name="Node">The value as written; null when main.toml does not give it.</param>
internal readonly record struct ParameterValue(MainConfig Config, string Name, TomlNode? Node)
{
    /// <summary>As text, with $name expanded.</summary>
    internal string Text => Config.ExpandedText(Name);

    /// <summary>As text, where the value is a string, a default, or what else is said here.</summary>
    /// <param name="accepted">For the message: what can be given.</param>
    /// <param name="number">Integers are accepted.</param>
    /// <param name="array">Arrays are.</param>
    /// <exception cref="ConfigurationException">It is of another kind.</exception>
    internal string TextOr(string accepted, bool number = false, bool array = false) =>
        Node is null or TomlString || (number && Node is TomlInteger) || (array && Node is TomlArray)
            ? Text : throw Wrong($"{Node.WithArticle} is not accepted; {accepted}");

    internal ConfigurationException Wrong(string problem) => Config.Wrong(Name, Node, problem);
}
