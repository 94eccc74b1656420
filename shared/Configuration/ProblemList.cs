namespace PostfixNet.Configuration;

/// <summary>Collects what is wrong with a configuration, so that it is told together.</summary>
public sealed class ProblemList
{
    private readonly List<ConfigurationException> _problems = [];

    /// <summary>Does something, and keeps what is wrong, unless it was found before: what two values refer to is wrong only once.</summary>
    public void Try(Action part)
    {
        ArgumentNullException.ThrowIfNull(part);
        try
        {
            part();
        }
        catch (ConfigurationException e)
        {
            if (_problems.TrueForAll(other => other.Message != e.Message))
                _problems.Add(e);
        }
    }

    /// <exception cref="ConfigurationException">All that was found.</exception>
    public void ThrowIfAny()
    {
        if (_problems.Count > 0)
            throw new ConfigurationException(_problems);
    }
}
