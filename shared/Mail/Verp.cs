namespace PostfixNet.Mail;

/// <summary>Variable envelope return paths: one sender address per recipient, so that a bounce tells who it is about.</summary>
public static class Verp
{
    /// <summary>The sender address for one recipient: <c>list@site</c>, <c>bob@q.test</c> and <c>+=</c> give
    /// <c>list+bob=q.test@site</c>.</summary>
    /// <param name="delimiters">The two characters of the queue file's V record.</param>
    /// <param name="recipientDomain">Domain of a recipient that has none: mydomain.</param>
    /// <returns>The sender itself when it is null or the delimiters are not two characters.</returns>
    public static string Sender(string delimiters, string sender, string recipient, string recipientDomain)
    {
        if (sender.Length == 0 || delimiters.Length != 2)
            return sender;
        (string local, string? domain) = Address.Split(recipient);
        (string senderLocal, string? senderDomain) = Address.Split(sender);
        string mailbox = $"{senderLocal}{delimiters[0]}{local}{delimiters[1]}{domain ?? recipientDomain}";
        return senderDomain is null ? mailbox : $"{mailbox}@{senderDomain}";
    }
}
