namespace PostfixNet.Configuration;

/// <summary>A table [oauth."NAME"] of main.toml: where tokens of OAuth 2.0 for logins come from (RFC 6749).</summary>
/// <param name="Name">What smtp_sasl_password_maps calls it: "user:oauth=NAME".</param>
/// <param name="TokenEndpoint">Begins with "https:".</param>
/// <param name="ClientId">client_id.</param>
/// <param name="ClientSecret">null: the client has none.</param>
/// <param name="RefreshToken">The first one, for the grant refresh_token; null: the grant is client_credentials.</param>
/// <param name="Scope">Empty: not asked for.</param>
/// <param name="CAfile">Authorities that are trusted with the endpoint; empty: those of the system.</param>
/// <param name="UsesBasic">The client proves who it is in the header (RFC 6749 section 2.3.1), not in the body.</param>
public sealed record OAuthRule(string Name, Uri TokenEndpoint, string ClientId, SecretPlace? ClientSecret, SecretPlace? RefreshToken, string Scope, string CAfile, bool UsesBasic)
{
    /// <summary>The key of main.toml under which the tables are.</summary>
    internal const string TableName = "oauth";

    /// <summary>One line for people.</summary>
    public string Describe() => $"tokens of {TokenEndpoint.Host} for {ClientId}, by {(RefreshToken is null ? "client credentials" : "refresh token")}{(Scope.Length > 0 ? $", scope {Scope}" : "")}";
}
