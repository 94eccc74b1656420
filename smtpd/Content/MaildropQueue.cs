using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Smtpd;

/// <summary>The way into the queue of a user's own process, as sendmail has it: a file in maildrop for each message.</summary>
internal sealed class MaildropQueue(Maildrop maildrop) : IMessageQueue
{
    public bool IsMaildrop => true;

    // What is left of the disk is for pickup to think of.
    public Reply? Shortage(Session session) => null;

    public ValueTask<INewMessage> Begin(Transaction transaction, SessionMilters? milters) => new(new NewMessage(maildrop));

    private sealed class NewMessage(Maildrop maildrop) : INewMessage
    {
        private readonly NewQueueFile _file = maildrop.Begin();
        private long _length;

        public QueueId Id => _file.Id;

        public ValueTask Send(ReadOnlySpan<byte> records)
        {
            FileSystem.WriteAt(_file.Handle, records, _length);
            _length += records.Length;
            return default;
        }

        public ValueTask<CleanupReply.Ended> Finish()
        {
            maildrop.Commit(_file);
            return new(new CleanupReply.Ended(CleanupVerdict.Accepted, "", ""));
        }

        public void Dispose() => _file.Dispose();
    }
}
