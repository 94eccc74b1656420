using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Tables;

/// <summary>cidr_table(5): networks, the first that an address is in decides.</summary>
internal sealed class CidrTable : Table
{
    private readonly List<Rule> _rules = [];

    private CidrTable()
    {
    }

    /// <summary>A network, or its end.</summary>
    /// <param name="Network">null: the end of an "if".</param>
    /// <param name="IsWanted">False: addresses that are not in it are meant.</param>
    /// <param name="Value">null: it is an "if".</param>
    private sealed record Rule(IPNetwork? Network, bool IsWanted, string? Value)
    {
        // Of an "if": the rule after its "endif".
        internal int End { get; set; } = int.MaxValue;

        internal bool Fits(IPAddress address) =>
            Network is { } network && network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address) == IsWanted;
    }

    public override bool IsForWholeKeys => true;

    public override IEnumerable<string> KnownValues => _rules.Select(static rule => rule.Value).OfType<string>();

    public override string? Find(string key)
    {
        if (Address(key) is not { } address)
            return null;
        for (int i = 0; i < _rules.Count; i++)
        {
            Rule rule = _rules[i];
            if (rule.Value is not null && rule.Fits(address))
                return rule.Value;
            if (rule is { Value: null, Network: not null } && !rule.Fits(address))
            {
                if (rule.End == int.MaxValue)
                    return null;
                i = rule.End - 1;
            }
        }
        return null;
    }

    /// <param name="warnings">Get "line: what is odd".</param>
    /// <exception cref="FormatException">"line: what is wrong".</exception>
    internal static CidrTable Read(IEnumerable<LogicalLine> lines, List<string> warnings)
    {
        CidrTable table = new();
        Stack<(Rule Rule, int Line)> open = new();
        foreach (LogicalLine line in lines)
        {
            try
            {
                table.Add(line, open, warnings);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{line.Number}: {e.Message}");
            }
        }
        foreach ((_, int number) in open)
            warnings.Add($"{number}: this \"if\" has no \"endif\"");
        return table;
    }

    private void Add(LogicalLine line, Stack<(Rule Rule, int Line)> open, List<string> warnings)
    {
        (Keyword keyword, string rest) = Keywords.Of(line.Text);
        if (keyword == Keyword.EndIf)
        {
            if (rest.Length > 0)
                throw new FormatException("something follows \"endif\"");
            if (open.TryPop(out (Rule Rule, int Line) begin))
                begin.Rule.End = _rules.Count;
            else
                warnings.Add($"{line.Number}: there is no \"if\" for this \"endif\"");
            return;
        }
        (bool isWanted, rest) = Keywords.Negation(rest);
        int end = keyword == Keyword.If ? rest.Length : rest.AsSpan().IndexOfAny(LogicalLines.Blanks);
        IPNetwork network = Network(end < 0 ? rest : rest[..end]);
        if (keyword == Keyword.If)
        {
            Rule rule = new(network, isWanted, null);
            _rules.Add(rule);
            open.Push((rule, line.Number));
            return;
        }
        string value = end < 0 ? "" : rest[end..].TrimStart(LogicalLines.Blanks);
        _rules.Add(new Rule(network, isWanted, value.Length > 0 ? value : throw new FormatException("no result after the network")));
    }

    private static IPNetwork Network(string pattern)
    {
        const string Accepted = "give e.g. \"192.0.2.1\", \"192.0.2.0/24\" or \"2001:db8::/32\"";
        string text = pattern;
        int slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (pattern.StartsWith('['))
        {
            // "[address/bits]" or "[address]/bits".
            int close = pattern.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close < pattern.Length - 1 && pattern[close + 1] != '/'))
                throw new FormatException($"not a network: \"]\" is missing, or something follows it; {Accepted}");
            text = pattern[1..close] + pattern[(close + 1)..];
            slash = text.IndexOf('/', StringComparison.Ordinal);
        }
        if (Address(slash < 0 ? text : text[..slash]) is not { } address)
            throw new FormatException($"not an address or network; {Accepted}");
        int most = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128, bits = most;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out bits) || bits > most))
            throw new FormatException($"the length of a network is 0 to {most} bits; {Accepted}");
        IPAddress masked = Masked(address, bits);
        return masked.Equals(address) ? new IPNetwork(address, bits)
            : throw new FormatException($"has bits of a host beyond its network; perhaps \"{masked}/{bits}\" is meant");
    }

    private static IPAddress Masked(IPAddress address, int bits)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - 8 * i, 0, 8));
        return new IPAddress(bytes);
    }

    // As inet_pton(3) has it: the base library takes more, such as "127.1".
    private static IPAddress? Address(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return text.AsSpan().ContainsAny("[]%/") || !IPAddress.TryParse(text, out IPAddress? v6) || v6.AddressFamily != AddressFamily.InterNetworkV6 ? null : v6;
        string[] parts = text.Split('.');
        byte[] bytes = new byte[4];
        if (parts.Length != 4)
            return null;
        for (int i = 0; i < 4; i++)
        {
            if (parts[i] is ['0', _, ..] || !byte.TryParse(parts[i], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out bytes[i]))
                return null;
        }
        return new IPAddress(bytes);
    }
}
