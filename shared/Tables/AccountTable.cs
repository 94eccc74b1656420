using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>unix:passwd.byname and unix:group.byname: the accounts and groups of this system, as their files have them.</summary>
internal sealed class AccountTable(bool ofGroups) : Table
{
    public override string? Find(string key)
    {
        string name = key.ToLowerInvariant();
        if (name.Length == 0 || name.AsSpan().ContainsAnyInRange('\0', ' '))
            return null;
        return ofGroups ? Users.GroupEntry(name) : Users.PasswordEntry(name);
    }
}
