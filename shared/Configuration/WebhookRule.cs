using System.Globalization;

namespace PostfixNet.Configuration;

/// <summary>A table [webhook."NAME"] of main.toml: who is told of which events, by HTTPS.</summary>
/// <param name="Name">What "master webhooks" calls it.</param>
/// <param name="Url">Begins with "https:".</param>
/// <param name="Secret">Signs what is sent.</param>
public sealed record WebhookRule(string Name, Uri Url, SecretPlace Secret)
{
    /// <summary>The key of main.toml under which the tables are.</summary>
    internal const string TableName = "webhook";

    /// <summary>The secret before, while receivers go over to the present one; null: none.</summary>
    public SecretPlace? PreviousSecret { get; init; }

    /// <summary>Words of the kinds of events that are sent; empty: those that are sent where nothing is said.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Addresses and domains, in lower case: only events of mail from these; empty: from anybody. "&lt;&gt;" is the null sender.</summary>
    public IReadOnlyList<string> Senders { get; init; } = [];

    /// <summary>Likewise, of recipients.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>The host may have an address of this host or of a private network.</summary>
    public bool AllowsPrivate { get; init; }

    /// <summary>Authorities that are trusted with the host; empty: those of the system.</summary>
    public string CAfile { get; init; } = "";

    /// <summary>For one request, with its answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Before the first retry; twice as long each time.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What was not delivered for so long is given up.</summary>
    public TimeSpan Expire { get; init; } = TimeSpan.FromDays(3);

    /// <summary>An error of the table, with its place in main.toml: the key, and what is wrong.</summary>
    public required Func<string, string, ConfigurationException> Refuse { get; init; }

    /// <summary>One line for people.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{(Events.Count > 0 ? string.Join(", ", Events) : "events")} to {Url.Host}{(Senders.Count > 0 ? $", of mail from {string.Join(", ", Senders)}" : "")}{(Recipients.Count > 0 ? $", to {string.Join(", ", Recipients)}" : "")}");
}
