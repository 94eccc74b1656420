namespace PostfixNet.Client;

/// <summary>A message that is in the queue.</summary>
/// <param name="QueueId">Its name.</param>
/// <param name="Queue">Where it is: incoming, active, deferred, hold, maildrop, corrupt.</param>
/// <param name="Arrived">When it came, to the second.</param>
/// <param name="Size">Octets.</param>
/// <param name="Sender">Of the envelope; the null sender is "MAILER-DAEMON".</param>
/// <param name="Recipients">Those that are not done yet, some hundreds at most.</param>
/// <param name="MoreRecipients">How many others there are.</param>
public sealed record MessageStatus(
    string QueueId, string Queue, DateTimeOffset Arrived, long Size, string Sender, IReadOnlyList<RecipientStatus> Recipients, int MoreRecipients);

/// <summary>Why a recipient waits.</summary>
/// <param name="Address">His address.</param>
/// <param name="Reason">As "postqueue explain" has it, e.g. "backoff", "delivering", "held".</param>
/// <param name="Until">When that ends; null: no time decides.</param>
/// <param name="LastReply">What came of the last attempt; null: there was none.</param>
public sealed record RecipientStatus(string Address, string Reason, DateTimeOffset? Until, string? LastReply);
