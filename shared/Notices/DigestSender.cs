using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Notices;

/// <summary>Sends the reports of <see cref="NoticeDigest"/> whose time has come.</summary>
internal sealed class DigestSender(BounceSettings settings, NoticeDigest digest, INoticeSubmitter submitter, TimeProvider clock, NoticeLog log)
{
    // More messages than that make a further report.
    private const int MessageLimit = 1000;

    /// <summary>Sends what is due. What cannot be sent now is due again at the next call; why is logged.</summary>
    internal void SendDue()
    {
        foreach (string directory in digest.Directories())
        {
            try
            {
                using DigestWindow? window = digest.Due(directory);
                if (window is not null && SendAll(window))
                    window.Remove();
            }
            catch (IOException e)
            {
                log.DigestFailed(e);
            }
        }
    }

    private bool SendAll(DigestWindow window)
    {
        Dictionary<string, List<HeldNotice>> senders = new(StringComparer.Ordinal);
        foreach (string path in window.Logs())
        {
            HeldNotice held = HeldNotice.Read(path);
            if (!senders.TryGetValue(held.Sender, out List<HeldNotice>? notices))
                senders.Add(held.Sender, notices = []);
            notices.Add(held);
        }
        bool all = true;
        foreach ((string sender, List<HeldNotice> notices) in senders)
        {
            notices.Sort(static (a, b) => string.CompareOrdinal(a.QueueId, b.QueueId));
            for (int i = 0; i < notices.Count && all; i += MessageLimit)
                all = Send(sender, notices.GetRange(i, Math.Min(MessageLimit, notices.Count - i)));
        }
        return all;
    }

    private bool Send(string sender, List<HeldNotice> notices)
    {
        if (!TrySubmit("", sender, sender, notices, out bool isRefused))
        {
            if (!isRefused)
                return false;
            // As a single notice that can never be queued.
            string postmaster = $"{settings.DoubleBounceSender}@{settings.MyHostname}";
            if ((settings.TellPostmasterOfDoubleBounces || settings.TellPostmasterOfSoftware)
                && !TrySubmit(postmaster, settings.DoubleBounceNoticeRecipient, sender, notices, out isRefused) && !isRefused)
                return false;
        }
        foreach (HeldNotice notice in notices)
            FileSystem.TryRemove(notice.Path);
        return true;
    }

    private bool TrySubmit(string envelopeSender, string to, string sender, List<HeldNotice> notices, out bool isRefused)
    {
        SmtpUtf8 smtpUtf8 = SmtpUtf8.None;
        foreach (HeldNotice notice in notices)
            smtpUtf8 |= notice.SmtpUtf8;
        using INoticeDraft draft = submitter.Begin(envelopeSender, to, NoticeText.NeedsOf(to));
        DigestComposer composer = new(draft.Content, isGlobal: smtpUtf8 != SmtpUtf8.None);
        composer.Write(settings.MyHostname, draft.Id.ToString(), to, sender, MailTime.Microseconds(clock) / 1_000_000, notices);
        string? problem = draft.Finish();
        isRefused = draft.IsRefused;
        if (problem is not null)
        {
            log.DigestNotQueued(notices[0].QueueId, to, isRefused, problem);
            return false;
        }
        foreach (HeldNotice notice in notices)
            log.Queued(notice.QueueId, "sender non-delivery notification", draft.Id.ToString());
        return true;
    }
}
