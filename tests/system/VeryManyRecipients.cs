using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>One message for a town: read in batches, with all agents busy, in bounded memory.</summary>
public sealed class VeryManyRecipients
{
    private const int Recipients = 50_000, InMemory = 8000;

    [Fact]
    public void EachOfFiftyThousandGetsItOnceAndMemoryStaysBounded() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("qmgr_message_recipient_limit", InMemory);
        mail.Start();
        string[] addresses = new string[Recipients];
        for (int i = 0; i < Recipients; i++)
            addresses[i] = $"r{i}@b.test";
        mail.Submit(MailSystem.Message("to the town"), ["-f", "alice@origin.test", .. addresses]);
        long peak = 0;
        Wait.For("all deliveries", () =>
        {
            peak = Math.Max(peak, MostMemory(mail));
            return receiver.Messages.Sum(message => message.Recipients.Count) >= Recipients;
        }, TimeSpan.FromSeconds(240));
        mail.WaitForEmptyQueue();
        HashSet<string> seen = [];
        foreach (ReceivedMessage message in receiver.Messages)
            Assert.All(message.Recipients, recipient => Assert.True(seen.Add(recipient.Address), $"{recipient.Address} got it twice"));
        Assert.Equal(Recipients, seen.Count);
        // Full requests, but for the ends of batches, and several at once all the time.
        Assert.InRange(receiver.Messages.Count, Recipients / 50, Recipients / 50 * 1.2);
        Assert.InRange(receiver.MostAtOnce, 10, 20);
        Assert.InRange(peak, 1, 200_000);
    });

    /// <summary>The most memory, in KiB, that qmgr has used.</summary>
    private static long MostMemory(MailSystem mail)
    {
        long most = 0;
        foreach (int pid in mail.Pids("qmgr"))
        {
            try
            {
                foreach (string line in File.ReadLines($"/proc/{pid}/status"))
                {
                    if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                        most = long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
                }
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }
        return most;
    }
}
