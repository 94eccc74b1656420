namespace PostfixNet.SystemTests;

/// <summary>Any local user may put things into maildrop; nobody else's mail suffers.</summary>
public sealed class HostileMaildrop
{
    [Fact]
    public void DirectoriesThatCannotBeReadStopNoMailAndNoListing() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        // One-character names are those of hashed subdirectories, so they cover any place in the directory's order.
        foreach (char name in "0123456789abcdefghijklmnopqrstuvwxyz")
        {
            string path = Path.Combine(mail.QueueDirectory, "maildrop", name.ToString());
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, UnixFileMode.None);
        }
        try
        {
            for (int i = 0; i < 5; i++)
                mail.Submit(MailSystem.Message($"among directories {i}"), "-f", "alice@origin.test", $"bob{i}@dest.test");
            mail.Start();
            Wait.For("the five messages", () => receiver.Messages.Count == 5);
            Wait.For("an empty listing", () => mail.Postqueue("-p").Ok().Output.Contains("Mail queue is empty", StringComparison.Ordinal));
        }
        finally
        {
            foreach (string path in Directory.GetDirectories(Path.Combine(mail.QueueDirectory, "maildrop")))
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    });

    // S5-17: also when a file claims to come from the far future
    [Fact]
    public void AnAbsurdArrivalTimeHarmsNobody() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt late@dest.test 450 4.2.0 later");
        mail.Start();
        mail.Place("maildrop/2ABCD12345", [.. "T\u000F4000000000000 0A\u0015rewrite_context=localS\u0011alice@origin.testR\u000Elate@dest.testM\0N\u0002hiX\0E\0"u8], 0b111_100_100);
        mail.Submit(MailSystem.Message("after it"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog("to=<late@dest\\.test>.*status=deferred");
        Wait.For("the other message", () => receiver.Messages.Count == 1);
        Assert.Empty(mail.Log("exit status 70|panic"));
    });
}
