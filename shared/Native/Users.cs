namespace PostfixNet.Native;

/// <summary>One account of the system.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Primary group.</param>
/// <param name="FullName">The GECOS field up to the first comma, "&amp;" replaced by the login name; may be empty.</param>
public sealed record Account(string Name, uint Uid, uint Gid, string FullName)
{
    /// <param name="gecos">As it stands in the database.</param>
    internal static Account From(string name, uint uid, uint gid, string gecos)
    {
        string fullName = gecos.Split(',')[0];
        string capital = name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..];
        return new Account(name, uid, gid, fullName.Replace("&", capital, StringComparison.Ordinal));
    }
}

/// <summary>Accounts, groups, and the identity of this process.</summary>
public static unsafe class Users
{
    private const int BufferSize = 16384;

    /// <summary>Effective user of this process.</summary>
    public static uint EffectiveUid => LibC.GetEUid();

    /// <summary>Real user of this process: who called us.</summary>
    public static uint RealUid => LibC.GetUid();

    /// <summary>Account by login name; null when there is none.</summary>
    public static Account? ByName(string name) => Unix.UserByName(name);

    /// <summary>Account by user id; null when there is none.</summary>
    public static Account? ByUid(uint uid)
    {
        byte* buffer = stackalloc byte[BufferSize];
        _ = LibC.GetPwUid(uid, out LibC.Passwd entry, buffer, BufferSize, out nint found);
        return found == 0 ? null : Account.From(LibC.Text(entry.Name), entry.Uid, entry.Gid, LibC.Text(entry.Gecos));
    }

    /// <summary>Group id by name; null when there is none.</summary>
    public static uint? GroupId(string name) => Unix.GroupByName(name);

    /// <summary>An account as passwd(5) has it, without its password; null when there is none.</summary>
    public static string? PasswordEntry(string name) => Unix.PasswordEntry(name);

    /// <summary>A group as group(5) has it, without its password; null when there is none.</summary>
    public static string? GroupEntry(string name) => Unix.GroupEntry(name);

    /// <summary>Gives up root for good: groups, group, user, in this order, for all threads.</summary>
    /// <exception cref="SystemCallException">Not started as root.</exception>
    public static void BecomeForever(uint uid, uint gid, uint? extraGroup)
    {
        uint[] groups = extraGroup is { } extra ? [gid, extra] : [gid];
        if (Unix.SetGroups(groups) < 0 || Unix.SetGroup(gid) < 0 || Unix.SetUser(uid) < 0)
            throw SystemCallException.Last($"change to user {uid}");
        if (uid != 0 && Unix.SetUser(0) == 0)
            throw new InvalidOperationException("privileges could be regained after giving them up");
    }

    /// <summary>The name of this host, as gethostname(2) gives it.</summary>
    public static string HostName()
    {
        byte* buffer = stackalloc byte[256];
        return LibC.GetHostName(buffer, 255) == 0 ? LibC.Text(buffer) : "localhost";
    }
}
