using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.Smtp;

/// <summary>Sends the transcript of a conversation that went wrong to error_notice_recipient (S4-09).</summary>
/// <remarks>Only a help for people: what became of the message does not depend on it, and no notice is sent about a
/// conversation that was itself about a notice.</remarks>
/// <param name="classes">What is reported.</param>
/// <param name="sender">Envelope sender; mail that it sends is not reported.</param>
internal sealed class ErrorNotices(ErrorClasses classes, string sender, string recipient, bool isLmtp, INoticeSubmitter submitter)
{
    /// <returns>Null: nothing that this program notices is to be reported.</returns>
    internal static ErrorNotices? Read(MainConfig config, bool isLmtp)
    {
        ErrorClasses classes = ErrorClasses.None;
        foreach (string word in config.Get(Parameters.NotifyClasses))
        {
            classes |= word switch
            {
                "protocol" => ErrorClasses.Protocol,
                "data" => ErrorClasses.Data,
                _ => ErrorClasses.None,
            };
        }
        if (classes == ErrorClasses.None)
            return null;
        string sender = $"{config.Get(Parameters.DoubleBounceSender)}@{config.Get(Parameters.MyHostname)}";
        // Below the current directory: a long queue_directory would not fit the address of a socket.
        CleanupSubmitter submitter = new($"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.IpcTimeout)) { Class = CleanupRequest.ForPostmaster };
        return new ErrorNotices(classes, sender, config.Get(Parameters.ErrorNoticeRecipient), isLmtp, submitter);
    }

    /// <summary>Sends a notice, if this is something to be reported.</summary>
    internal void Report(ServerTurn turn, SmtpTranscript transcript)
    {
        DeliveryContext delivery = turn.Delivery;
        ErrorClasses errors = turn.Errors | (transcript.HasJunk ? ErrorClasses.Protocol : ErrorClasses.None);
        if ((errors & classes) == 0 || delivery.Request.Sender.Length == 0 || delivery.Request.Sender.Equals(sender, StringComparison.OrdinalIgnoreCase))
            return;
        try
        {
            using INoticeDraft draft = submitter.Begin(sender, recipient, SmtpUtf8.None);
            Write(draft.Content, turn.Server, transcript);
            if (draft.Finish() is { } why)
                delivery.Log.NoticeNotSent(delivery.QueueId, why);
        }
        catch (Exception e) when (e is IOException or IpcException)
        {
            delivery.Log.NoticeNotSent(delivery.QueueId, e.Message);
        }
    }

    private void Write(Stream content, SmtpPeer peer, SmtpTranscript transcript)
    {
        void Line(string text) => content.Write(Encoding.UTF8.GetBytes(NoticeText.Readable(text) + "\n"));
        Line("From: MAILER-DAEMON (Mail Delivery System)");
        Line($"To: {Address.ToExternal(recipient)} (Postmaster)");
        Line($"Subject: Postfix {(isLmtp ? "LMTP" : "SMTP")} client: errors from {peer.NameAndPort}");
        Line("MIME-Version: 1.0");
        Line("Content-Type: text/plain; charset=utf-8");
        Line("Content-Transfer-Encoding: 8bit");
        Line("");
        Line($"Unexpected response from {peer.NameAndPort}.");
        Line("");
        Line(transcript.IsCut ? "The last part of the session follows." : "Transcript of session follows.");
        Line("");
        foreach (string line in transcript.Lines)
            content.Write(Encoding.UTF8.GetBytes(NoticeText.Folded(" " + NoticeText.Readable(line)) + "\n"));
        Line("");
        Line("For other details, see the local mail logfile.");
    }
}
