namespace PostfixNet.ReturnPaths;

/// <summary>Makes and verifies return paths, once the key is there.</summary>
/// <param name="settings">main.toml.</param>
/// <param name="queueDirectory">queue_directory, or ".".</param>
public sealed class ReturnPathSource(ReturnPathSettings settings, string queueDirectory)
{
    private ReturnPathMaker? _maker;

    /// <summary>main.toml.</summary>
    public ReturnPathSettings Settings => settings;

    /// <summary>An address is of report_domain.</summary>
    /// <param name="address">Internal form.</param>
    public bool IsOfDomain(string address) => settings.Domain.Length > 0 && Mail.Address.DomainOf(address).Equals(settings.Domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>The maker of them. The key is read when it is needed first.</summary>
    /// <exception cref="IOException">The key cannot be read.</exception>
    public ReturnPathMaker Maker => _maker ??= new ReturnPathMaker(ReturnKey.Read(queueDirectory), settings.Domain, settings.Lifetime);
}
