using PostfixNet.Mail;
using PostfixNet.Tables;

namespace PostfixNet.Configuration;

/// <summary>What is done with mail for a next hop: actions, and tables that say an action for some, in order.</summary>
/// <remarks>The first item that says something decides. A table is asked for the domain or host, without brackets and port, in ASCII, and then for the
/// domains above it, each with a dot in front.</remarks>
public sealed class ActionList
{
    private readonly IReadOnlyList<string> _actions;
    private readonly List<(string? Action, LookupTable? Table)> _items = [];

    private ActionList(IReadOnlyList<string> actions) => _actions = actions;

    /// <summary>What is to be done; null: no item says anything.</summary>
    /// <param name="nextHop">Domain or host.</param>
    /// <exception cref="LookupException">A table cannot say now.</exception>
    /// <exception cref="FormatException">A table says what is no action.</exception>
    public string? For(string nextHop)
    {
        string name = DomainName.ToAscii(nextHop) ?? nextHop;
        foreach ((string? action, LookupTable? table) in _items)
        {
            if (action is not null)
                return action;
            if (Find(table!, name) is { } found)
                return _actions.FirstOrDefault(known => known.Equals(found.Trim(), StringComparison.OrdinalIgnoreCase))
                    ?? throw new FormatException($"\"{found}\" is not one of {string.Join(' ', _actions)}");
        }
        return null;
    }

    /// <summary>Its items; tables have no text.</summary>
    public override string ToString() => string.Join(' ', _items.Select(static item => item.Action ?? "table"));

    private static string? Find(LookupTable table, string name)
    {
        if (table.Find(name) is { } own)
            return own;
        if (HostAndPort.AddressIn(name) is not null)
            return null;
        for (int dot = name.IndexOf('.', 1); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            if (table.Find(name[dot..], KeyKind.Part) is { } above)
                return above;
        }
        return null;
    }

    /// <exception cref="ConfigurationException">An item is neither an action nor a table.</exception>
    internal static ActionList Read(ParameterValue value, IReadOnlyList<string> actions)
    {
        ActionList list = new(actions);
        foreach (string item in Conversion.List(value, null))
        {
            if (actions.FirstOrDefault(action => action.Equals(item, StringComparison.OrdinalIgnoreCase)) is { } action)
                list._items.Add((action, null));
            else if (item.Contains(':', StringComparison.Ordinal))
                list._items.Add((null, value.Config.OpenTable(value.Name, value.Node, item, TableLimits.NoSubstitution)));
            else
                throw value.Wrong($"\"{item}\" is not accepted; give one of {string.Join(' ', actions)}, or a table that says one of these");
        }
        return list;
    }
}
