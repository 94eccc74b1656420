namespace PostfixNet.Dns;

/// <summary>How the system completes names of hosts: <c>search</c>, <c>domain</c> and <c>options ndots:</c> of resolv.conf(5).</summary>
/// <param name="Domains">Tried one after the other.</param>
/// <param name="Dots">A name with so many dots is tried as it is first, any other one last.</param>
public sealed record SearchList(IReadOnlyList<string> Domains, int Dots)
{
    /// <summary>Names are complete.</summary>
    public static readonly SearchList None = new([], 1);

    /// <summary>The names to look up for one, in their order. One that ends in a dot is complete.</summary>
    public IEnumerable<string> Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.EndsWith('.'))
            return [name];
        IEnumerable<string> completed = Domains.Select(domain => $"{name}.{domain}");
        return name.AsSpan().Count('.') >= Dots ? completed.Prepend(name) : completed.Append(name);
    }
}
