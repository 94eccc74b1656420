using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Who may see the queue, and who may have it flushed; the super-user and mail_owner may always.</summary>
/// <param name="mayList">authorized_mailq_users.</param>
/// <param name="mayFlush">authorized_flush_users.</param>
public sealed class QueueRights(UserList mayList, UserList mayFlush)
{
    /// <summary>Of a configuration.</summary>
    public static QueueRights Of(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new(config.Get(Parameters.AuthorizedMailqUsers), config.Get(Parameters.AuthorizedFlushUsers));
    }

    /// <summary>Why a user may not list the queue; null: he may.</summary>
    public string? RefuseListing(uint uid) => Refuse(mayList, uid, "view");

    /// <summary>Why a user may not flush mail; null: he may.</summary>
    public string? RefuseFlush(uint uid) => Refuse(mayFlush, uid, "flush");

    /// <summary>The super-user, and the owner of the queue, who could read the files themselves.</summary>
    public static bool IsOwner(uint uid) => uid == 0 || uid == Users.EffectiveUid;

    private static string? Refuse(UserList list, uint uid, string what)
    {
        if (IsOwner(uid) || list.IsForAll)
            return null;
        string name = Users.ByUid(uid)?.Name ?? "unknown";
        return list.Includes(name) ? null
            : string.Create(CultureInfo.InvariantCulture, $"User {name}({uid}) is not allowed to {what} the mail queue");
    }
}
