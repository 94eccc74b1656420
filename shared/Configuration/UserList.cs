namespace PostfixNet.Configuration;

/// <summary>Lists of users who may do something: authorized_submit_users and its like.</summary>
/// <remarks>The first item that fits decides: a login name; "static:anyone" (or any other text after "static:") for all; "!"
/// in front turns the answer around. Whoever fits no item is not included. The list is a courtesy among users of one machine, not
/// a fence: what a user may really do follows from the modes of the queue directories.</remarks>
public static class UserList
{
    /// <summary>True when a list includes a user.</summary>
    /// <param name="items">E.g. ["!guest", "static:anyone"].</param>
    /// <param name="user">Login name.</param>
    /// <param name="parameter">Where the list comes from, for messages.</param>
    /// <exception cref="ConfigurationException">An item is of another form.</exception>
    public static bool Includes(IReadOnlyList<string> items, string user, string parameter)
    {
        foreach (string item in items)
        {
            bool isIncluded = true;
            int at = 0;
            for (; at < item.Length && item[at] == '!'; at++)
                isIncluded = !isIncluded;
            string name = item[at..];
            if (name.StartsWith("static:", StringComparison.Ordinal) || string.Equals(name, user, StringComparison.Ordinal))
                return isIncluded;
            foreach (char c in name)
            {
                if (c is ':' or '/')
                    throw new ConfigurationException($"{parameter}: \"{item}\" is not accepted; give login names, \"static:anyone\", and \"!\" in front of what is excluded");
            }
        }
        return false;
    }
}
