using PostfixNet.Configuration;

namespace PostfixNet.Logins;

/// <summary>What main.toml says to this program.</summary>
/// <param name="FirstPause">After a login was refused: minimal_backoff_time.</param>
/// <param name="LongestPause">After it was refused many times: maximal_backoff_time.</param>
internal sealed record LoginsOptions(TimeSpan FirstPause, TimeSpan LongestPause)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static LoginsOptions Read(MainConfig config) => new(config.Get(Parameters.MinimalBackoffTime), config.Get(Parameters.MaximalBackoffTime));
}
