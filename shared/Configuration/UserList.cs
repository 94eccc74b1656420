namespace PostfixNet.Configuration;

/// <summary>A list of users who may do something: authorized_submit_users and its like.</summary>
/// <remarks>The first item that fits decides: a login name; "static:anyone" (or any other text after "static:") for all; "!"
/// in front turns the answer around. Whoever fits no item is not included. The list is a courtesy among users of one machine, not
/// a fence: what a user may really do follows from the modes of the queue directories.</remarks>
public sealed class UserList
{
    private readonly List<(string Name, bool IsIncluded)> _items = [];

    private UserList()
    {
    }

    /// <summary>It is for everybody: nobody's name need be looked up.</summary>
    public bool IsForAll => _items is [(var name, true), ..] && IsForAny(name);

    /// <summary>The login names in it.</summary>
    public IEnumerable<string> Names => _items.Where(static item => !IsForAny(item.Name)).Select(static item => item.Name);

    /// <summary>True when the list includes a user.</summary>
    /// <param name="user">Login name.</param>
    public bool Includes(string user)
    {
        foreach ((string name, bool isIncluded) in _items)
        {
            if (IsForAny(name) || name == user)
                return isIncluded;
        }
        return false;
    }

    /// <exception cref="ConfigurationException">An item is of another form.</exception>
    internal static UserList Read(ParameterValue value)
    {
        UserList list = new();
        foreach (string item in Conversion.List(value, null))
        {
            string name = item.TrimStart('!');
            if (!IsForAny(name) && name.AsSpan().IndexOfAny(':', '/') >= 0)
                throw value.Wrong($"\"{item}\" is not accepted; give login names, \"static:anyone\", and \"!\" in front of what is excluded");
            list._items.Add((name, (item.Length - name.Length) % 2 == 0));
        }
        return list;
    }

    private static bool IsForAny(string name) => name.StartsWith("static:", StringComparison.Ordinal);
}
