using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>Whatever a message contains, the next hop gets the same bytes, but for what mail standards change.</summary>
public sealed class ByteExactDelivery
{
    [Fact]
    public void EveryAwkwardMessageArrivesAsPostfixWouldSendIt() => MailSystem.Run((mail, receiver) =>
    {
        IReadOnlyList<VectorCase> cases = VectorCase.All();
        Assert.True(cases.Count >= 30);
        mail.Start();
        Submit(mail, cases);
        mail.WaitForEmptyQueue();
        var wrong = new List<string>();
        foreach (VectorCase expected in cases)
        {
            ReceivedMessage[] copies = receiver.Messages.Where(message => expected.IsFrom(message.Sender) && !VectorCase.IsNoticeOfBadAddress(message.Text)).ToArray();
            Compare(expected, copies.Select(copy => copy.Text), wrong, content => content);
            string[] recipients = [.. copies.SelectMany(copy => copy.Recipients).Select(recipient => Internal(recipient.Address)).Order(StringComparer.Ordinal)];
            string[] wanted = [.. VectorCase.Deliverable(expected.Golden).Select(Utf8).Order(StringComparer.Ordinal)];
            if (!recipients.SequenceEqual(wanted))
                wrong.Add($"{expected.Name}: recipients {string.Join(' ', recipients)}, should be {string.Join(' ', wanted)}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    });

    [Fact]
    public void DebiansSmtpSinkGetsTheSameBytes()
    {
        using var sink = new SmtpSink();
        MailSystem.Run(mail =>
        {
            // smtp-sink does not offer SMTPUTF8; mail that needs it comes back, which is another test's matter.
            VectorCase[] cases = VectorCase.All().Where(one => !one.NeedsSmtpUtf8).ToArray();
            mail.Set("relayhost", $"[127.0.0.1]:{sink.Port}");
            mail.Start();
            Submit(mail, cases);
            mail.WaitForEmptyQueue();
            Wait.For("complete dumps", () => sink.Messages().Count >= cases.Length);
            var wrong = new List<string>();
            foreach (VectorCase expected in cases)
            {
                IEnumerable<string> copies = sink.Messages().Where(message => expected.IsFrom(message.Sender) && !VectorCase.IsNoticeOfBadAddress(message.Content)).Select(message => message.Content);
                // The dump has LF for CR LF and leaves out bare carriage returns.
                Compare(expected, copies.Select(copy => copy.Replace("\n", "\r\n", StringComparison.Ordinal)), wrong,
                    content => content.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal)
                        .Replace("\n", "\r\n", StringComparison.Ordinal));
            }
            Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        });
    }

    [Fact]
    public void LargeMessageArrivesAsItWas() => MailSystem.Run((mail, receiver) =>
    {
        var body = new StringBuilder();
        for (int line = 0; line < 60_000; line++)
            body.Append(line % 7 == 0 ? "." : "").Append("line ").Append(line).Append(" of a message of some megabytes, to fill buffers more than once\n");
        mail.Start();
        mail.Submit(MailSystem.Message("large", body.ToString()), "-i", "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        string text = Assert.Single(receiver.Messages).Text;
        Assert.Equal(body.ToString().Replace("\n", "\r\n", StringComparison.Ordinal), text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    });

    private static void Submit(MailSystem mail, IReadOnlyList<VectorCase> cases) =>
        Parallel.ForEach(cases, new ParallelOptions { MaxDegreeOfParallelism = 3 }, one =>
            Command.Run(Repository.Program("sendmail"), ["-C", mail.ConfigDirectory, .. one.ArgumentsWithOwnSender], one.Input).Ok());

    private static void Compare(VectorCase expected, IEnumerable<string> copies, List<string> wrong, Func<string, string> asReceived)
    {
        string want = asReceived(VectorCase.Normal(expected.Golden.Content, expected.Name));
        int count = 0;
        foreach (string copy in copies)
        {
            count++;
            string got = VectorCase.Normal(VectorCase.Unbroken(copy), expected.Name);
            if (got == want)
                continue;
            int at = 0;
            while (at < got.Length && at < want.Length && got[at] == want[at])
                at++;
            wrong.Add($"{expected.Name}: differs at {at}:\n  got  {Shown(got, at)}\n  want {Shown(want, at)}");
        }
        if (count == 0)
            wrong.Add($"{expected.Name}: did not arrive");
    }

    private static string Shown(string text, int at)
    {
        int start = Math.Max(0, at - 40);
        return text[start..Math.Min(text.Length, at + 80)].Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }

    // On the wire a local part can be quoted; the queue file holds it without.
    private static string Internal(string address)
    {
        int at = address.LastIndexOf('@');
        return address.StartsWith('"') && at > 1 && address[at - 1] == '"' ? address[1..(at - 1)] + address[at..] : address;
    }

    private static string Utf8(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
