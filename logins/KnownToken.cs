using System.Text.Json;
using System.Text.Json.Nodes;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Logins;

/// <summary>What an authorization server has given. Not a record: those print what they hold.</summary>
/// <param name="access">The token for logins.</param>
/// <param name="fetched">Seconds since 1970.</param>
/// <param name="expires">When it ends; seconds since 1970.</param>
/// <param name="refresh">The refresh token that came last; null: that of main.toml holds.</param>
internal sealed class KnownToken(string access, long fetched, long expires, string? refresh)
{
    internal string Access => access;
    internal long Fetched => fetched;
    internal long Expires => expires;
    internal string? Refresh => refresh;

    /// <summary>A new one is fetched from then on, while this one is still good: five minutes before its end, or after three quarters of a short life.</summary>
    internal long RenewFrom => expires - Math.Min(300, (expires - fetched) / 4);
}

/// <summary>The tokens on stable storage: a file for each, for mail_owner alone, exchanged as a whole. A refresh token that came with an answer often is the only one that still
/// counts, so it is here before anything else is done with the answer.</summary>
/// <param name="directory">Its path.</param>
internal sealed class TokenFiles(string directory)
{
    private const int ForOwner = 0x180, Largest = 262144;

    /// <summary>What is known for a table.</summary>
    /// <param name="source">See <see cref="SourceOf"/>.</param>
    /// <returns>null: nothing, or it was fetched with other settings.</returns>
    /// <exception cref="IOException">It cannot be read, or is damaged; nothing is known then.</exception>
    internal KnownToken? Read(string name, string source)
    {
        string path = PathOf(name);
        if (FileSystem.Status(path) is null)
            return null;
        try
        {
            JsonNode? node = JsonNode.Parse(FileSystem.ReadAll(path, Largest), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            return node?["source"]?.GetValue<string>() == source
                ? new KnownToken(node["access_token"]!.GetValue<string>(), node["fetched"]!.GetValue<long>(), node["expires"]!.GetValue<long>(), node["refresh_token"]?.GetValue<string>()) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new IOException($"{path} is damaged; remove it to begin with the refresh token of main.toml");
        }
    }

    /// <summary>Keeps one in the place of the one before; on return it is on stable storage.</summary>
    /// <exception cref="IOException">Not known to be done.</exception>
    internal void Write(string name, string source, KnownToken token)
    {
        JsonObject file = new() { ["source"] = source, ["access_token"] = token.Access, ["fetched"] = token.Fetched, ["expires"] = token.Expires };
        if (token.Refresh is not null)
            file["refresh_token"] = token.Refresh;
        WholeFile.Replace(PathOf(name), ByteText.Encode(file.ToJsonString()), ForOwner);
    }

    /// <summary>Another one, when main.toml or the first refresh token has changed: then what was fetched before does not count.</summary>
    /// <param name="refresh">That of main.toml; null: there is none.</param>
    internal static string SourceOf(OAuthRule rule, string? refresh) => TurnQuestion.KeyOf(rule.TokenEndpoint.AbsoluteUri, rule.ClientId, rule.Scope, refresh ?? "");

    private string PathOf(string name) => $"{directory}/{name}.json";
}
