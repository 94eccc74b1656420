using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>Reading queue files without the service, for those who may.</summary>
internal static class DirectAccess
{
    /// <summary>Gives root up: the files are mail_owner's, or a user's; nothing in them is worth reading as root.</summary>
    internal static void Begin(PostqueueSettings settings)
    {
        FileSystem.ChangeDirectory(settings.Queues.Root); // the queue manager's socket is named from there
        if (Users.EffectiveUid != 0)
            return;
        Account account = settings.Owner();
        Users.BecomeForever(account.Uid, account.Gid, settings.Group());
    }
}
