namespace PostfixNet.Native;

/// <summary>One account of the system.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Primary group.</param>
/// <param name="FullName">The GECOS field up to the first comma, "&amp;" replaced by the login name; may be empty.</param>
public sealed record Account(string Name, uint Uid, uint Gid, string FullName);

/// <summary>Accounts, groups, and the identity of this process.</summary>
public static unsafe class Users
{
    private const int BufferSize = 16384;

    /// <summary>Effective user of this process.</summary>
    public static uint EffectiveUid => LibC.GetEUid();

    /// <summary>Real user of this process: who called us.</summary>
    public static uint RealUid => LibC.GetUid();

    /// <summary>Account by login name; null when there is none.</summary>
    public static Account? ByName(string name)
    {
        byte* buffer = stackalloc byte[BufferSize];
        _ = LibC.GetPwNam(name, out LibC.Passwd entry, buffer, BufferSize, out nint found);
        return found == 0 ? null : Convert(entry);
    }

    /// <summary>Account by user id; null when there is none.</summary>
    public static Account? ByUid(uint uid)
    {
        byte* buffer = stackalloc byte[BufferSize];
        _ = LibC.GetPwUid(uid, out LibC.Passwd entry, buffer, BufferSize, out nint found);
        return found == 0 ? null : Convert(entry);
    }

    /// <summary>Group id by name; null when there is none.</summary>
    public static uint? GroupId(string name)
    {
        byte* buffer = stackalloc byte[BufferSize];
        _ = LibC.GetGrNam(name, out LibC.Group entry, buffer, BufferSize, out nint found);
        return found == 0 ? null : entry.Gid;
    }

    /// <summary>Gives up root for good: groups, group, user, in this order, for all threads.</summary>
    /// <exception cref="SystemCallException">Not started as root.</exception>
    public static void BecomeForever(uint uid, uint gid, uint? extraGroup)
    {
        uint* groups = stackalloc uint[2];
        groups[0] = gid;
        groups[1] = extraGroup ?? gid;
        if (LibC.SetGroups(extraGroup is null ? 1 : 2, groups) < 0 || LibC.SetGid(gid) < 0 || LibC.SetUid(uid) < 0)
            throw SystemCallException.Last($"change to user {uid}");
        if (uid != 0 && LibC.SetUid(0) == 0)
            throw new InvalidOperationException("privileges could be regained after giving them up");
    }

    /// <summary>The name of this host, as gethostname(2) gives it.</summary>
    public static string HostName()
    {
        byte* buffer = stackalloc byte[256];
        return LibC.GetHostName(buffer, 255) == 0 ? LibC.Text(buffer) : "localhost";
    }

    private static Account Convert(in LibC.Passwd entry)
    {
        string name = LibC.Text(entry.Name);
        string fullName = LibC.Text(entry.Gecos);
        int comma = fullName.IndexOf(',', StringComparison.Ordinal);
        if (comma >= 0)
            fullName = fullName[..comma];
        if (fullName.Contains('&'))
        {
            string capital = name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..];
            fullName = fullName.Replace("&", capital, StringComparison.Ordinal);
        }
        return new Account(name, entry.Uid, entry.Gid, fullName);
    }
}
