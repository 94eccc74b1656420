using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Smtpd;

/// <summary>A policy service, as check_policy_service names it: "unix:private/policy", "inet:host:port", or "{ inet:host:port, name = value, ... }".</summary>
/// <param name="Text">As main.toml has it.</param>
/// <param name="Path">Of a Unix-domain socket, below the queue directory or from the root; null: it is a TCP service.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1..65535.</param>
internal sealed record PolicyOptions(string Text, string? Path, string Host, int Port)
{
    /// <summary>For connecting, for asking, and for the answer (smtpd_policy_service_timeout).</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>A connection that is not used for so long is closed (smtpd_policy_service_max_idle).</summary>
    internal required TimeSpan MaxIdle { get; init; }

    /// <summary>One that is so old is not used again (smtpd_policy_service_max_ttl).</summary>
    internal required TimeSpan MaxAge { get; init; }

    /// <summary>Requests on one connection; 0: no limit (smtpd_policy_service_request_limit).</summary>
    internal required int RequestLimit { get; init; }

    /// <summary>Attempts at one request (smtpd_policy_service_try_limit).</summary>
    internal required int TryLimit { get; init; }

    /// <summary>Between them (smtpd_policy_service_retry_delay).</summary>
    internal required TimeSpan RetryDelay { get; init; }

    /// <summary>What is done when there is no answer (smtpd_policy_service_default_action).</summary>
    internal required string DefaultAction { get; init; }

    /// <summary>Told with each request (smtpd_policy_service_policy_context).</summary>
    internal required string Context { get; init; }

    /// <param name="parameter">Whose value names it.</param>
    /// <exception cref="ConfigurationException">It is not understood.</exception>
    internal static PolicyOptions Read(MainConfig config, Parameter parameter, string text)
    {
        IReadOnlyList<string> words = text is ['{', .., '}'] ? MainConfig.Settings(text) : [text];
        if (words.Count == 0 || Endpoint(words[0]) is not { } endpoint)
            throw config.Refuse(parameter, $"\"{text}\" is no policy service; give \"unix:path\", \"inet:host:port\", or \"{{ inet:host:port, timeout = 10s }}\"");
        PolicyOptions options = new(words[0], endpoint.Path, endpoint.Host, endpoint.Port)
        {
            Timeout = config.Get(Parameters.SmtpdPolicyServiceTimeout),
            MaxIdle = config.Get(Parameters.SmtpdPolicyServiceMaxIdle),
            MaxAge = config.Get(Parameters.SmtpdPolicyServiceMaxTtl),
            RequestLimit = config.Get(Parameters.SmtpdPolicyServiceRequestLimit),
            TryLimit = config.Get(Parameters.SmtpdPolicyServiceTryLimit),
            RetryDelay = config.Get(Parameters.SmtpdPolicyServiceRetryDelay),
            DefaultAction = config.Get(Parameters.SmtpdPolicyServiceDefaultAction),
            Context = config.Get(Parameters.SmtpdPolicyServicePolicyContext),
        };
        foreach (string setting in words.Skip(1))
            options = options.With(setting) ?? throw config.Refuse(parameter, $"\"{setting}\" of the policy service {words[0]} is not understood; give one of timeout, max_idle, max_ttl, request_limit, try_limit, retry_delay, default_action, policy_context, with \"=\" and a value");
        return options;
    }

    private PolicyOptions? With(string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? "" : setting[..equals].Trim(), value = equals < 0 ? "" : setting[(equals + 1)..].Trim();
        TimeSpan? time = MainConfig.Time(value);
        int? number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : null;
        return name switch
        {
            "timeout" when time > TimeSpan.Zero => this with { Timeout = time.Value },
            "max_idle" when time > TimeSpan.Zero => this with { MaxIdle = time.Value },
            "max_ttl" when time > TimeSpan.Zero => this with { MaxAge = time.Value },
            "retry_delay" when time is not null => this with { RetryDelay = time.Value },
            "request_limit" when number is not null => this with { RequestLimit = number.Value },
            "try_limit" when number > 0 => this with { TryLimit = number.Value },
            "default_action" when value.Length > 0 => this with { DefaultAction = value },
            "policy_context" => this with { Context = value },
            _ => null,
        };
    }

    private static (string? Path, string Host, int Port)? Endpoint(string text)
    {
        if (text.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
            return text.Length is > 5 and < 105 ? (text[5..], "", 0) : null;
        if (!text.StartsWith("inet:", StringComparison.OrdinalIgnoreCase))
            return null;
        string rest = text[5..];
        int colon = rest.LastIndexOf(':');
        return int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
            ? (null, colon > 0 ? rest[..colon].Trim('[', ']') : "localhost", port) : null;
    }
}
