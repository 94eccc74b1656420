using PostfixNet.Configuration;
using PostfixNet.Master.Import;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Import;

/// <summary>import knows each parameter of Postfix 3.7: it works here, or what happens without it is said; and each default that is not ours.</summary>
public sealed class KnowledgeTests
{
    // "postconf -d" of Postfix 3.7.11.
    private static readonly Dictionary<string, string> s_postfix = File.ReadLines(Path.Combine(Vectors.Directory, "postconf-d.txt"))
        .Select(static line => line.Split(" =", 2)).ToDictionary(static parts => parts[0], static parts => parts[1].Trim());

    // Of the build, or of the host.
    private static readonly string[] s_ofHost = ["myhostname", "mydomain", "mynetworks", "config_directory", "data_directory", "daemon_directory", "command_directory"];

    [Fact]
    public void Each_parameter_works_or_has_a_consequence()
    {
        Assert.True(s_postfix.Count > 1000);
        List<string> unknown = [];
        foreach (string name in s_postfix.Keys)
        {
            if (PostfixParameters.Standing(name) == PostfixStanding.Works)
                continue;
            if (PostfixParameters.Standing(name) == PostfixStanding.Unknown || Consequences.Of(name).Text.StartsWith("mail would be treated otherwise", StringComparison.Ordinal))
                unknown.Add(name);
        }
        Assert.Equal("", string.Join(' ', unknown));
    }

    [Fact]
    public void Each_default_that_is_not_ours_is_known()
    {
        List<string> wrong = [];
        foreach ((string name, string text) in s_postfix)
        {
            if (PostfixParameters.Standing(name) != PostfixStanding.Works || PostfixParameters.TransportOf(name) is not null || name.StartsWith("lmtp_", StringComparison.Ordinal) || s_ofHost.Contains(name))
                continue;
            if (PostfixDefaults.Of(name) is not { } known || !PostfixParameters.IsSame(known, Local(name, text)))
                wrong.Add($"{name} = {text}, not {PostfixDefaults.Of(name)}");
        }
        Assert.Equal("", string.Join('\n', wrong));
    }

    // What a build for some system adds.
    private static string Local(string name, string text) => name == "alias_maps" ? "hash:/etc/aliases" : text;
}
