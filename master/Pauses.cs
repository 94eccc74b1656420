using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The commands pause and resume: deliveries stop and go on, while mail is still accepted.</summary>
internal static class Pauses
{
    private const string LockFile = "pid/paused.lock";
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);

    internal static int Pause(string directory, string[] words) => Change(directory, words,
        (list, pause) => list.Problem is null ? list.With(pause) ?? list : null, "all deliveries are paused until \"master resume\"");

    internal static int Resume(string directory, string[] words) => Change(directory, words,
        (list, pause) => pause.IsEverything ? PauseList.None : list.Without(pause), "not paused; \"master status\" tells what is");

    private static int Change(string directory, string[] words, Func<PauseList, Pause, PauseList?> change, string refusal)
    {
        if (Queue.Pause.Parse(words, MailTime.NowSeconds) is not { } pause)
            return Caller.Fail($"what to pause or resume is not understood; give {Queue.Pause.Accepted}, or nothing for all deliveries", ExitStatus.Usage);
        MasterSettings settings = MasterSettings.Read(MainConfig.Load(directory));
        string queue = settings.Queue;
        using (SafeFileHandle only = FileSystem.OpenAppend(Path.Join(queue, LockFile), 0x180 /* 0600 */))
        {
            if (!FileSystem.Lock(only, s_lockLimit))
                throw new IOException("another command changes what is paused");
            PauseList list = PauseList.Read(queue);
            if (change(list, pause) is not { } changed)
                return Caller.Fail($"{list.Problem ?? pause.ToString()}: {refusal}", 1);
            if (changed != list)
                changed.Write(queue);
        }
        try
        {
            Trigger.Send(settings.QueueManager, "P"u8);
        }
        catch (IOException e) when (e is not SystemCallException { IsForbidden: true })
        {
            // The system is down; it reads the file at its start.
        }
        return ExitStatus.Ok;
    }

    /// <summary>Tells what is paused, one line each.</summary>
    internal static void Tell(string queue)
    {
        PauseList list = PauseList.Read(queue);
        if (list.Problem is { } problem)
            StandardStreams.WriteError($"master: warning: {problem}: all deliveries are paused until \"master resume\"\n");
        foreach (Pause pause in list.Problem is null ? list.Pauses : [])
            StandardStreams.WriteError($"master: paused since {MailTime.ListingDate(pause.Since)}: {pause}\n");
    }
}
