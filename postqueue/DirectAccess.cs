using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>Reading queue files without the service, for those who may.</summary>
internal static class DirectAccess
{
    /// <summary>Gives root up: the files are mail_owner's, or a user's; nothing in them is worth reading as root.</summary>
    /// <returns>The queue as it is named from within, where this process is from here on.</returns>
    internal static QueueDirectories Begin(PostqueueSettings settings)
    {
        FileSystem.ChangeDirectory(settings.Queues.Root); // the queue manager's socket is named from there, too
        if (Users.EffectiveUid == 0)
        {
            Account account = settings.Owner();
            Users.BecomeForever(account.Uid, account.Gid, settings.Group());
        }
        return settings.Queues.FromWithin();
    }
}
