using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Postfix's own tools understand our queue files.</summary>
public sealed class PostcatReadsOurQueueFiles
{
    [Fact]
    public void PostcatShowsEnvelopeAndContentOfADeferredMessage()
    {
        int port = Ports.Take("127.0.0.1");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{port}");
            mail.Set("minimal_backoff_time", "1000s");
            mail.Start();
            mail.Submit(
                "From: alice@origin.test\nTo: bob@sink.test\nSubject: for postcat\n\nfirst\n.\nnext to last\n" + new string('y', 5000) + "\n",
                "-i", "-N", "failure,delay", "-V", "eid", "-R", "hdrs", "-f", "alice@origin.test", "bob@sink.test", "j\u00c3\u00b8rgen@sink.test");
            mail.WaitForLog("status=deferred");
            Wait.For("the deferred file", () => mail.QueueFiles("deferred").Count == 1 && mail.QueueFiles("active").Count == 0);
            string path = Assert.Single(mail.QueueFiles("deferred"));
            QueueFileRecords ours = QueueFileRecords.Read(path);
            string[] shown = Postcat(mail, "-q", Path.GetFileName(path)).Lines;

            Assert.Contains("sender: alice@origin.test", shown);
            Assert.Contains("named_attribute: envelope_id=eid", shown);
            Assert.Contains("named_attribute: ret_flags=2", shown);
            Assert.Equal(2, shown.Count(line => line == "named_attribute: notify_flags=12"));
            Assert.Equal(ours.Recipients.Select(recipient => "recipient: " + recipient), shown.Where(line => line.StartsWith("recipient: ", StringComparison.Ordinal)));
            string[] size = shown.First(line => line.StartsWith("message_size: ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("2", size[3]); // recipients
            Assert.Equal(size[1], size[5]);
            int contents = Array.FindIndex(shown, line => line.StartsWith("*** MESSAGE CONTENTS", StringComparison.Ordinal));
            int extracted = Array.FindIndex(shown, line => line.StartsWith("*** HEADER EXTRACTED", StringComparison.Ordinal));
            Assert.True(0 < contents && contents < extracted);
            string text = Postcat(mail, "-bh", "-q", Path.GetFileName(path)).Output;
            Assert.Equal(ours.Content, text.Replace("\n", "\r\n", StringComparison.Ordinal));
            Assert.Contains("\r\nSubject: for postcat\r\n", ours.Content);
            Assert.EndsWith("\r\n\r\nfirst\r\n.\r\nnext to last\r\n" + new string('y', 5000) + "\r\n", ours.Content);
            Assert.Equal("*** MESSAGE FILE END", Regex.Match(shown[^1], @"^\*\*\* MESSAGE FILE END").Value);
        });
    }

    [Fact]
    public void PostcatShowsAMaildropFile() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        mail.Submit(MailSystem.Message("in maildrop"), "-F", "Alice Example", "-f", "alice@origin.test", "bob@sink.test");
        string path = Assert.Single(mail.QueueFiles("maildrop"));
        string[] shown = Postcat(mail, path).Lines;
        Assert.Contains("sender_fullname: Alice Example", shown);
        Assert.Contains("sender: alice@origin.test", shown);
        Assert.Contains("recipient: bob@sink.test", shown);
        Assert.Contains("Subject: in maildrop", shown);
        Assert.Equal(["T", "A", "F", "S", "R", "M"],
            QueueFileRecords.Read(path).Records.TakeWhile(record => record.Type is not ('N' or 'L')).Select(record => record.Type.ToString()));
    });

    private static CommandResult Postcat(MailSystem mail, params string[] arguments)
    {
        string directory = Directory.CreateDirectory(mail.PathOf("postcat")).FullName;
        File.WriteAllText(Path.Combine(directory, "main.cf"),
            $"compatibility_level = 3.6\nqueue_directory = {mail.QueueDirectory}\nenable_long_queue_ids = yes\nmyhostname = mta.golden.test\n");
        File.WriteAllText(Path.Combine(directory, "master.cf"), "");
        CommandResult result = Command.Run("postcat", ["-c", directory, .. arguments]).Ok();
        Assert.DoesNotContain("warning", result.Error);
        return result;
    }
}
