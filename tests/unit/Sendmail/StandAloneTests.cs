using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.UnitTests.Sendmail;

/// <summary>"sendmail -bs": what a client on standard input is told, and the files that it leaves, beside those of Postfix.</summary>
public sealed partial class StandAloneTests
{
    private const string Settings = "myhostname = 'mta.golden.test'\nmyorigin = 'golden.test'\nenable_long_queue_ids = false\n";

    private static readonly JsonElement s_cases = Read();

    public static TheoryData<string> Names() => [.. s_cases.EnumerateObject().Select(static property => property.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Files_and_answers_are_those_of_Postfix(string name)
    {
        JsonElement test = s_cases.GetProperty(name);
        using Drop drop = new(Settings);
        (int status, string output, string error) = drop.Run(Encoding.Latin1.GetBytes(test.GetProperty("said").GetString()!), "-bs");
        Assert.Equal((test.GetProperty("status").GetInt32(), ""), (status, error));
        Assert.Equal(Answers(test.GetProperty("told").GetString()!), Answers(output));
        List<string> expected = [.. test.GetProperty("files").EnumerateArray().Select(static file =>
            Comparable(file.EnumerateArray().Select(static record => $"{record[0].GetString()} {record[1].GetString()}")))];
        List<string> actual = [.. drop.Files.OrderBy(static file => new FileInfo(file).LastWriteTimeUtc).Select(static file =>
            Comparable(DropRecord.Read(File.ReadAllBytes(file)).Select(static record => record.ToString())))];
        Assert.Equal(expected, actual);
    }

    // Postfix drops these on the way into maildrop.
    [Fact]
    public void Envelope_id_and_what_is_to_be_returned_are_kept()
    {
        using Drop drop = new(Settings);
        _ = drop.Run("EHLO c.test\r\nMAIL FROM:<a@b.test> RET=HDRS ENVID=ab+2Bc\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\n.\r\nQUIT\r\n"u8.ToArray(), "-bs");
        Assert.Equal(["envelope_id=ab+c", "ret_flags=2", "dsn_orig_rcpt=rfc822;c@d.test"], drop.Of('A'));
    }

    [Fact]
    public void The_id_that_the_client_hears_is_the_name_of_the_file()
    {
        using Drop drop = new(Settings);
        (_, string output, _) = drop.Run("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\n.\r\nQUIT\r\n"u8.ToArray(), "-bs");
        string id = Path.GetFileName(Assert.Single(drop.Files));
        Assert.Contains($"250 2.0.0 Ok: queued as {id}\r\n", output, StringComparison.Ordinal);
        Assert.Contains(drop.Of('N'), record => record.EndsWith($" id {id}", StringComparison.Ordinal));
        Assert.Contains($"{id}: client=localhost[127.0.0.1], uid=", File.ReadAllText(Path.Join(drop.Root, "log")), StringComparison.Ordinal);
    }

    // As a person at a terminal, or a program that waits for each answer, sends it.
    [Fact]
    public void Each_answer_comes_before_more_is_said()
    {
        using Drop drop = new(Settings);
        using System.Diagnostics.Process process = drop.Start("-bs");
        foreach ((string said, string told) in new[] { ("", "220"), ("HELO c.test", "250"), ("MAIL FROM:<a@b.test>", "250"), ("RCPT TO:<c@d.test>", "250"), ("DATA", "354"), ("Subject: x\r\n\r\nx\r\n.", "250"), ("QUIT", "221") })
        {
            if (said.Length > 0)
                process.StandardInput.Write($"{said}\r\n");
            process.StandardInput.Flush();
            Assert.StartsWith(told, process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        }
        // Its end follows, though input is open yet.
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.Single(drop.Files);
    }

    [Theory]
    [InlineData("smtpd_timeout = '1s'", "421 4.4.2 mta.golden.test Error: timeout exceeded")]
    [InlineData("message_size_limit = 100", "552 5.3.4 Error: message file too big")]
    [InlineData("smtpd_recipient_limit = 1", "452 4.5.3 Error: too many recipients")]
    [InlineData("smtpd_hard_error_limit = 1", "421 4.7.0 mta.golden.test Error: too many errors")]
    [InlineData("smtpd_discard_ehlo_keywords = 'chunking'", "250 LIMITS RCPTMAX=1000")]
    public void Parameters_of_the_server_hold(string settings, string told)
    {
        using Drop drop = new(Settings + settings);
        using System.Diagnostics.Process process = drop.Start("-bs");
        process.StandardInput.Write($"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<e@d.test>\r\nNONSENSE\r\nDATA\r\n{new string('x', 200)}\r\n.\r\n");
        process.StandardInput.Flush();
        List<string> lines = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (line.StartsWith(told, StringComparison.Ordinal))
                break;
        }
        Assert.Contains(lines, line => line.StartsWith(told, StringComparison.Ordinal));
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    // Who may not read the lists of the server is served all the same; they are about others.
    [Fact]
    public void Restrictions_and_lists_of_hosts_are_not_for_it()
    {
        using Drop drop = new(Settings + "smtpd_client_restrictions = 'check_client_access texthash:/nowhere/clients, reject'\nmynetworks = '/nowhere/networks'\nsmtpd_relay_restrictions = 'reject'\nsmtpd_tls_security_level = 'encrypt'\nsmtpd_tls_chain_files = '/nowhere/key'\nsmtpd_forbid_unauth_pipelining = true\n");
        (int status, string output, string error) = drop.Run("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\n.\r\nQUIT\r\n"u8.ToArray(), "-bs");
        Assert.Equal((0, ""), (status, error));
        Assert.Contains("queued as", output, StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", output, StringComparison.Ordinal);
        Assert.Single(drop.Files);
    }

    [Fact]
    public void Who_may_not_submit_is_not_served()
    {
        using Drop drop = new("authorized_submit_users = '!static:anyone'");
        (int status, string output, string error) = drop.Run("QUIT\r\n"u8.ToArray(), "-bs");
        Assert.Equal((77, ""), (status, output));
        Assert.Matches(@"^sendmail: fatal: User \S+\(\d+\) is not allowed to submit mail\n$", error);
    }

    // The queue is not there: the client may try again.
    [Fact]
    public void A_message_that_cannot_be_kept_is_not_accepted()
    {
        using Drop drop = new(Settings, withMaildrop: false);
        (int status, string output, _) = drop.Run("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\n.\r\nQUIT\r\n"u8.ToArray(), "-bs");
        Assert.Equal(0, status);
        Assert.Contains("\r\n451 4.3.0 Error: queue file write error\r\n", output, StringComparison.Ordinal);
    }

    // Numbers of the system are ours alone, and so is what else we announce and say in other words: docs/differences.md.
    private static List<string> Answers(string told) =>
        [.. told.Split("\r\n").Where(static line => !line.StartsWith("250-", StringComparison.Ordinal) && line is not ("250 CHUNKING" or "250 LIMITS RCPTMAX=1000"))
            .Select(static line => Queued().Replace(line.Replace("500 5.5.2 Error: command not", "502 5.5.2 Error: command not", StringComparison.Ordinal), "queued"))];

    private static string Comparable(IEnumerable<string> records) =>
        string.Join('\n', records.Select(static record => Moment().Replace(Id().Replace(record, " id ID"), "DATE")).Select(static record => record.StartsWith("T ", StringComparison.Ordinal) ? "T" : record));

    private static JsonElement Read()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "vectors", "bs.json")));
        return document.RootElement.Clone();
    }

    [GeneratedRegex("(\\d+ bytes )?queued as [0-9A-F]+")]
    private static partial Regex Queued();

    [GeneratedRegex(" id [0-9A-F]+")]
    private static partial Regex Id();

    [GeneratedRegex("[A-Z][a-z]{2}, [ 0-9]?[0-9] [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d [+-]\\d{4} \\([A-Z]+\\)")]
    private static partial Regex Moment();
}
