using System.Globalization;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>What a table [dkim."DOMAIN"] of main.toml says: how mail with an author of that domain is signed, RFC 6376.</summary>
public sealed class DkimRule
{
    /// <summary>Fields that are signed where nothing else is said: those of RFC 6376 section 5.4.1, and those that say how content is read.</summary>
    public static readonly IReadOnlyList<string> UsualHeaders =
    [
        "From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc", "In-Reply-To", "References", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
        "Resent-Date", "Resent-From", "Resent-To", "Resent-Cc", "Feedback-ID",
    ];

    /// <summary>Fields of which nobody may add one, where nothing else is said: those that people read, and those that say how content is read.</summary>
    public static readonly IReadOnlyList<string> UsualOversigned =
        ["From", "Reply-To", "Subject", "Date", "To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];

    /// <summary>In lower case, ASCII (A-labels): the domain that signs.</summary>
    public required string Domain { get; init; }

    /// <summary>A signature is made with each; one at least.</summary>
    public IReadOnlyList<DkimKeySetting> Keys { get; internal set; } = [];

    /// <summary>Names of the fields to sign, in the order of the signature; From is among them.</summary>
    public IReadOnlyList<string> Headers { get; internal set; } = UsualHeaders;

    /// <summary>Names of fields that are signed once more than they are there, so that none can be added.</summary>
    public IReadOnlyList<string> Oversigned { get; internal set; } = UsualOversigned;

    /// <summary>Headers in the form "relaxed", else "simple".</summary>
    public bool HasRelaxedHeaders { get; internal set; } = true;

    /// <summary>The body likewise.</summary>
    public bool HasRelaxedBody { get; internal set; } = true;

    /// <summary>The signature's i=; empty: none.</summary>
    public string Identity { get; internal set; } = "";

    /// <summary>One line for people.</summary>
    public string Describe() =>
        string.Create(CultureInfo.InvariantCulture, $"signed: {string.Join(", ", Keys.Select(static key => $"selector {key.Selector}, key {key.File}"))}; {Canonicalization}{(Identity.Length > 0 ? $"; identity {Identity}" : "")}");

    /// <summary>The signature's c=.</summary>
    public string Canonicalization => $"{(HasRelaxedHeaders ? "relaxed" : "simple")}/{(HasRelaxedBody ? "relaxed" : "simple")}";
}

/// <summary>A key of a domain.</summary>
public sealed class DkimKeySetting
{
    private readonly MainConfig _config;
    private readonly string _label;
    private readonly TomlNode _node;

    internal DkimKeySetting(MainConfig config, string label, TomlNode node, string selector, string file) =>
        (_config, _label, _node, Selector, File) = (config, label, node, selector, file);

    /// <summary>In lower case, ASCII.</summary>
    public string Selector { get; }

    /// <summary>Path of a file with a private key, in PEM format.</summary>
    public string File { get; }

    /// <summary>An error of the file, with its place in main.toml.</summary>
    public ConfigurationException Refuse(string problem) => _config.Wrong(_label, _node, problem);

    /// <summary>Notes something odd about the file.</summary>
    public void Remark(string problem) => _config.Remark(_label, _node, problem);
}
