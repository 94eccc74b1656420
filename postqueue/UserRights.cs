using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>Who may see the queue, and who may have it flushed; the super-user and mail_owner may always.</summary>
/// <param name="mayList">authorized_mailq_users.</param>
/// <param name="mayFlush">authorized_flush_users.</param>
internal sealed class UserRights(IReadOnlyList<string> mayList, IReadOnlyList<string> mayFlush)
{
    internal static UserRights Of(MainConfig config) =>
        new(config.Get(Parameters.AuthorizedMailqUsers), config.Get(Parameters.AuthorizedFlushUsers));

    /// <summary>Why a user may not list the queue; null: he may.</summary>
    /// <exception cref="ConfigurationException">The list cannot be understood.</exception>
    internal string? RefuseListing(uint uid) => Refuse(mayList, Parameters.AuthorizedMailqUsers.Name, uid, "view");

    /// <summary>Why a user may not flush mail; null: he may.</summary>
    /// <exception cref="ConfigurationException">The list cannot be understood.</exception>
    internal string? RefuseFlush(uint uid) => Refuse(mayFlush, Parameters.AuthorizedFlushUsers.Name, uid, "flush");

    private static string? Refuse(IReadOnlyList<string> list, string parameter, uint uid, string what)
    {
        if (uid == 0 || uid == Users.EffectiveUid || list is ["static:anyone"])
            return null;
        string name = Users.ByUid(uid)?.Name ?? "unknown";
        return UserList.Includes(list, name, parameter) ? null
            : string.Create(CultureInfo.InvariantCulture, $"User {name}({uid}) is not allowed to {what} the mail queue");
    }
}
