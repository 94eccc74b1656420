using System.Globalization;
using System.Net.Sockets;
using System.Text;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Sendmail;

/// <summary>The sendmail command: options, input, the file it leaves, and what it says and returns when it cannot.</summary>
public sealed class SendmailTests
{
    private static readonly string s_caller = $"{Environment.UserName}({Users.RealUid.ToString(CultureInfo.InvariantCulture)})";
    private static readonly byte[] s_message = "Subject: x\n\nbody\n"u8.ToArray();

    [Theory]
    // No message: nothing is read, nothing is written.
    [InlineData("-bi")]
    [InlineData("-I")]
    [InlineData("-bh")]
    [InlineData("-bH")]
    [InlineData("-q5m")]
    [InlineData("-q1h30m")]
    public void Calls_for_other_daemons_do_nothing(string argument)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, argument));
        Assert.Empty(drop.Files);
    }

    [Theory]
    [InlineData("-oi")]
    [InlineData("-om -oem -odq -oo -o7 -oA/etc/aliases")]
    [InlineData("-bm -m -i -x")]
    [InlineData("-A ac -L tag -O Timeout=5m -U -e m -p ESMTP:host -h 3")]
    [InlineData("-c")]
    public void Options_of_former_days_are_taken(string arguments)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, [.. arguments.Split(' '), "bob@x.test"]));
        Assert.Equal(["bob@x.test"], drop.Of('R'));
    }

    // RFC 8689; where Postfix's own sendmail has it, since 3.11.
    [Theory]
    [InlineData("--require-tls", true)]
    [InlineData("-O RequireTLS=Yes", true)]
    [InlineData("-Orequiretls=yes", true)]
    [InlineData("--require-tls -O REQUIRETLS=no", false)]
    [InlineData("-i", false)]
    public void REQUIRETLS_can_be_asked_for(string arguments, bool isWanted)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, [.. arguments.Split(' '), "bob@x.test"]));
        Assert.Equal(isWanted ? [string.Concat(Enumerable.Repeat("              0 ", 5)) + "             32"] : [], drop.Of('C'));
    }

    [Fact]
    public void REQUIRETLS_is_not_asked_for_by_a_slip()
    {
        using Drop drop = new();
        Assert.Equal((64, "", "sendmail: fatal: -O requiretls=yes, or requiretls=no\n"), drop.Run(s_message, "-O", "requiretls=ja", "bob@x.test"));
        Assert.Empty(drop.Files);
    }

    [Theory]
    [InlineData("-n", "-n option not supported")]
    [InlineData("-B8bitmime", "-B option needs 8BITMIME or 7BIT")]
    public void Options_that_Postfix_refuses_are_refused(string argument, string why)
    {
        using Drop drop = new();
        Assert.Equal((64, "", $"sendmail: fatal: {why}\n"), drop.Run(s_message, argument, "bob@x.test"));
        Assert.Empty(drop.Files);
    }

    [Theory] // what sendmail accepts, cleanup must accept
    [InlineData("To: a\0b@x.test\n\n")]
    [InlineData("To: b@x.test\nCc: \"a\0\"@x.test\n\n")]
    public void An_address_with_a_NUL_is_refused(string message)
    {
        using Drop drop = new();
        Assert.Equal((65, "", "sendmail: fatal: an address has a NUL in it\n"), drop.Run(Encoding.ASCII.GetBytes(message), "-t"));
        Assert.Empty(drop.Files);
    }

    [Fact]
    public void A_complaint_names_the_sender_that_was_given()
    {
        using Drop drop = new();
        string who = $"a@b.test({Users.RealUid.ToString(CultureInfo.InvariantCulture)})";
        Assert.Equal((64, "", $"sendmail: fatal: {who}: No recipient addresses found in message header\n"), drop.Run(s_message, "-f", "A <a@b.test>", "-t"));
    }

    [Fact]
    public void A_header_of_recipients_over_the_limit_is_refused()
    {
        using Drop drop = new("header_size_limit = 100");
        byte[] message = Encoding.ASCII.GetBytes($"To: {new string('a', 200)}\n\n");
        Assert.Equal((65, "", "sendmail: fatal: unable to extract recipients: message header length exceeds safety limit\n"), drop.Run(message, "-t"));
    }

    [Theory]
    [InlineData("a:b@x.test", "a:b@x.test")]
    [InlineData("open: a, b", "open:a|b")]
    [InlineData("\"a!b\",\"a%b\",\"a@b\"", "a!b@o.test|a%b@o.test|a@b@o.test")]
    [InlineData("<a> b", "a|b")]
    [InlineData("<a,b>", "a,b")]
    [InlineData("(x)", "")]
    [InlineData("a[b]", "a|[b]")]
    public void Odd_recipients_are_the_ones_that_were_meant(string argument, string recipients)
    {
        using Drop drop = new("myorigin = 'o.test'");
        Assert.Equal((0, "", ""), drop.Run(s_message, argument));
        Assert.Equal(recipients.Split('|'), drop.Of('R'));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("@", "@")]
    [InlineData("a@x.test,b@x.test", "a@x.test|b@x.test")]
    [InlineData("Ann <a@x.test>, \"B C\" <b@x.test>", "a@x.test|b@x.test")]
    [InlineData("\"a b\"@x.test", "a b@x.test")]
    [InlineData("a (comment)", "a")]
    [InlineData("j\u00f8rgen@x.test", "j\u00c3\u00b8rgen@x.test")]
    public void Recipients_are_stored_in_internal_form(string argument, string recipients)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, argument));
        Assert.Equal(recipients.Split('|'), drop.Of('R'));
    }

    [Theory]
    [InlineData("To: a@x.test\nCc: B <b@x.test>,\n c@x.test\nBcc: d@x.test\nFrom: e@x.test\n\nTo: no@x.test\n", "a@x.test|b@x.test|c@x.test|d@x.test")]
    [InlineData("to : a@x.test\nTO:b@x.test\n\n", "a@x.test|b@x.test")]
    [InlineData("To: a@x.test\nResent-To: b@x.test\nResent-Cc: c@x.test\nResent-Bcc: d@x.test\nCc: e@x.test\n\n", "b@x.test|c@x.test|d@x.test")]
    [InlineData("To: friends: a@x.test, b@x.test;\n\n", "a@x.test|b@x.test")]
    [InlineData("To: \"a, b\" <c@x.test>\n\n", "c@x.test")]
    [InlineData("To: a@x.test\nno header\nCc: b@x.test\n", "a@x.test")]
    [InlineData("To: a@x.test\r\nCc: b@x.test\r\n\r\n", "a@x.test|b@x.test")]
    [InlineData("To: a@x.test\nCc: b@x.test", "a@x.test|b@x.test")]
    public void Recipients_are_taken_from_the_header(string message, string recipients)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(Encoding.UTF8.GetBytes(message), "-t"));
        List<DropRecord> records = drop.Records;
        Assert.Equal(recipients.Split('|'), records.SkipWhile(r => r.Type != 'X').Where(r => r.Type == 'R').Select(r => r.Payload));
        Assert.DoesNotContain(records.TakeWhile(r => r.Type != 'X'), r => r.Type == 'R');
    }

    [Fact]
    public void A_recipient_header_longer_than_a_record_is_read_whole()
    {
        string[] recipients = [.. Enumerable.Range(0, 3000).Select(i => $"user{i}@x.test")];
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(Encoding.ASCII.GetBytes($"To: {string.Join(",", recipients)}\n\n"), "-t"));
        Assert.Equal(recipients, drop.Of('R'));
    }

    [Theory]
    [InlineData("-f alice@x.test", "alice@x.test")]
    [InlineData("-falice@x.test", "alice@x.test")]
    [InlineData("-r alice@x.test", "alice@x.test")]
    [InlineData("-f <alice@x.test>", "alice@x.test")]
    [InlineData("-f <>", "")]
    public void Sender(string arguments, string sender)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, [.. arguments.Split(' '), "bob@x.test"]));
        Assert.Equal([sender], drop.Of('S'));
    }

    [Fact]
    public void Full_name_comes_from_the_option_or_the_environment()
    {
        Dictionary<string, string> environment = new() { ["NAME"] = "Env Name" };
        using Drop first = new();
        Assert.Equal((0, "", ""), first.Run(s_message, ["bob@x.test"], environment));
        Assert.Equal(["Env Name"], first.Of('F'));
        using Drop second = new();
        Assert.Equal((0, "", ""), second.Run(s_message, ["-F", "Opt\nName", "bob@x.test"], environment));
        Assert.Equal(["Opt Name"], second.Of('F'));
    }

    [Fact]
    public void Delivery_reports_are_announced()
    {
        using Drop drop = new();
        Assert.Equal((0, "Mail Delivery Status Report will be mailed to <alice@x.test>.\n", ""), drop.Run(s_message, "-v", "-f", "alice@x.test", "bob@x.test"));
        Assert.Contains("trace_flags=1024", drop.Of('A'));
    }

    [Theory]
    [InlineData("never", "1")]
    [InlineData("SUCCESS,Failure", "6")]
    [InlineData("success,failure,delay", "14")]
    public void Notify(string value, string flags)
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, "-N", value, "a@x.test", "b@x.test"));
        Assert.Equal([$"A notify_flags={flags}", "R a@x.test", $"A notify_flags={flags}", "R b@x.test"],
            drop.Records.SkipWhile(r => r.Type != 'S').Skip(1).Take(4).Select(r => r.ToString()));
    }

    [Theory]
    [InlineData("-N bogus", "sendmail: warning: unknown DSN NOTIFY command value \"bogus\" in \"bogus\"\nsendmail: warning: bad -N option value -- ignored\n")]
    [InlineData("-N never,success", "sendmail: warning: bad -N option value -- ignored\n")]
    [InlineData("-R some", "sendmail: warning: bad -R option value -- ignored\n")]
    [InlineData("-V |", "sendmail: warning: bad syntax in -V option value -- ignored\n")]
    [InlineData("-f with space@x", "sendmail: warning: -f option specified malformed sender: with space@x\n")]
    public void What_is_ignored_is_said(string arguments, string warning)
    {
        using Drop drop = new();
        string[] words = [arguments[..2], arguments[3..].Replace("|", "", StringComparison.Ordinal)];
        Assert.Equal((0, "", warning), drop.Run(s_message, [.. words, "bob@x.test"]));
        Assert.DoesNotContain(drop.Of('A'), a => a != "rewrite_context=local");
    }

    [Fact]
    public void A_malformed_sender_keeps_its_first_word()
    {
        using Drop drop = new();
        _ = drop.Run(s_message, "-f", "with space@x", "bob@x.test");
        Assert.Equal(["with"], drop.Of('S'));
    }

    [Theory]
    [InlineData("", "CALLER: Recipient addresses must be specified on the command line or via the -t option", 64)]
    [InlineData("-t", "CALLER: No recipient addresses found in message header", 64)]
    [InlineData("-B foo bob@x.test", "-B option needs 8BITMIME or 7BIT", 64)]
    [InlineData("-bz", "unsupported: -bz", 64)]
    [InlineData("-bD", "unsupported: -bD", 64)]
    [InlineData("-b", "option requires an argument -- 'b'; usage: sendmail [options]", 64)]
    [InlineData("-Xz a@b", "unsupported: -Xz", 64)]
    [InlineData("-qR", "specify: -qRsitename", 64)]
    [InlineData("-qI", "specify: -qIqueueid", 64)]
    [InlineData("-qf", "-qf is not implemented", 64)]
    [InlineData("-oA", "-oA requires pathname", 64)]
    [InlineData("-q a@b", "flush queue mode requires no recipient", 64)]
    [InlineData("-bp a@b", "display queue mode requires no recipient", 64)]
    [InlineData("-bs a@b", "stand-alone mode requires no recipient", 64)]
    [InlineData("-bd a@b", "daemon mode requires no recipient", 64)]
    [InlineData("-q15m -bd a@b", "daemon mode requires no recipient", 64)]
    [InlineData("-bi x", "alias initialization mode requires no recipient", 64)]
    [InlineData("-bp -t", "-t can be used only in delivery mode", 64)]
    [InlineData("-bp -qIx", "-qR and -qI can be used only in delivery mode", 64)]
    [InlineData("-bv", "CALLER: Recipient addresses must be specified on the command line or via the -t option", 64)]
    [InlineData("-bv -t", "-t option cannot be used with -bv", 64)]
    [InlineData("-bv -N never a@b", "-N option cannot be used with -bv", 64)]
    [InlineData("-bv -R full a@b", "-R option cannot be used with -bv", 64)]
    [InlineData("-bv -v a@b", "-v option cannot be used with -bv", 64)]
    [InlineData("-Z", "invalid option -- 'Z'; usage: sendmail [options]", 64)]
    [InlineData("-f", "option requires an argument -- 'f'; usage: sendmail [options]", 64)]
    [InlineData("-qSx", "-qS is not implemented", 64)]
    public void What_fails_says_why_and_leaves_nothing(string arguments, string problem, int status)
    {
        using Drop drop = new();
        string error = $"sendmail: fatal: {problem.Replace("CALLER", s_caller, StringComparison.Ordinal)}\n";
        Assert.Equal((status, "", error), drop.Run(s_message, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Empty(drop.Files);
    }

    [Theory]
    [InlineData("queue_run_delay = ", 78)]
    [InlineData("message_size_limit = 'big'", 78)]
    [InlineData("authorized_submit_users = '!static:anyone'", 77)]
    [InlineData("authorized_submit_users = 'hash:/etc/users'", 78)]
    public void A_configuration_that_forbids_it(string configuration, int status)
    {
        using Drop drop = new(configuration);
        (int result, string output, string error) = drop.Run(s_message, "bob@x.test");
        Assert.Equal((status, ""), (result, output));
        Assert.StartsWith("sendmail: fatal: ", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.Empty(drop.Files);
    }

    [Theory]
    [InlineData("static:anyone", true)]
    [InlineData("ME", true)]
    [InlineData("!ME static:anyone", false)]
    [InlineData("somebody-else", false)]
    [InlineData("!somebody-else static:all", true)]
    [InlineData("", false)]
    public void Users_may_submit_or_not(string users, bool allowed)
    {
        using Drop drop = new($"authorized_submit_users = '{users.Replace("ME", Environment.UserName, StringComparison.Ordinal)}'");
        (int status, string output, string error) = drop.Run(s_message, "bob@x.test");
        Assert.Equal(allowed ? (0, "", "") : (77, "", $"sendmail: fatal: User {s_caller} is not allowed to submit mail\n"), (status, output, error));
        Assert.Equal(allowed ? 1 : 0, drop.Files.Length);
    }

    [Fact]
    public void Without_the_queue_directory_nothing_is_accepted()
    {
        using Drop drop = new(withMaildrop: false);
        (int status, _, string error) = drop.Run(s_message, "bob@x.test");
        Assert.Equal(75, status);
        Assert.Matches("^sendmail: fatal: [^\n]*maildrop[^\n]*No such file or directory\n$", error);
    }

    [Fact]
    public void Without_a_configuration_nothing_is_accepted()
    {
        using Drop drop = new();
        Assert.Equal((78, "", "sendmail: fatal: /nonexistent/main.toml: cannot be read: No such file or directory\n"),
            drop.Run(s_message, "-C", "/nonexistent", "bob@x.test"));
    }

    // What cleanup would refuse for its envelope, sendmail refuses while its caller is there.
    [Fact]
    public void An_envelope_that_is_too_large_is_not_accepted()
    {
        using Drop drop = new("message_size_limit = 1000");
        string name = new('x', 900);
        Assert.Equal((65, "", $"sendmail: fatal: {s_caller}: message file too big: it has too many recipients\n"), drop.Run(s_message, [.. Enumerable.Range(0, 300).Select(i => $"{name}{i}@x.test")]));
        Assert.Empty(drop.Files);
        Assert.Equal(0, drop.Run(s_message, [.. Enumerable.Range(0, 250).Select(i => $"{name}{i}@x.test")]).Status);
    }

    [Fact]
    public void A_message_that_is_too_large_is_not_accepted()
    {
        using Drop drop = new("message_size_limit = 10000");
        Assert.Equal(0, drop.Run(Lines(100, 72), "bob@x.test").Status);
        Assert.Equal((65, "", $"sendmail: fatal: {s_caller}: message file too big\n"), drop.Run(Lines(150, 72), "bob@x.test"));
        Assert.Equal((65, "", $"sendmail: fatal: {s_caller}: message file too big\n"), drop.Run(Lines(200_000, 72), "bob@x.test"));
        Assert.Single(drop.Files);
        using Drop unlimited = new("message_size_limit = 0");
        Assert.Equal(0, unlimited.Run(Lines(200_000, 72), "bob@x.test").Status);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(2048)]
    [InlineData(65536)]
    [InlineData(200_000)]
    public void Long_lines_become_pieces_of_the_limit(int limit)
    {
        // Lengths around the limit and around the sizes of buffers; bytes that tell a shift by one.
        int[] lengths = [0, 1, limit - 1, limit, limit + 1, 2 * limit - 1, 2 * limit, 2 * limit + 1, 65535, 65536, 65537, 131072, 5];
        using MemoryStream input = new();
        List<string> expected = [];
        foreach (int length in lengths)
        {
            byte[] line = new byte[length];
            for (int i = 0; i < length; i++)
                line[i] = (byte)(33 + i % 89);
            string text = Encoding.Latin1.GetString(line);
            input.Write(line);
            input.WriteByte((byte)'\n');
            int piece = Math.Min(limit, 32768);
            for (; text.Length >= piece; text = text[piece..])
                expected.Add("L " + text[..piece]);
            expected.Add("N " + text);
        }
        using Drop drop = new($"line_length_limit = {limit}");
        Assert.Equal((0, "", ""), drop.Run(input.ToArray(), "bob@x.test"));
        Assert.Equal(expected, drop.Records.Where(r => r.Type is 'N' or 'L').Select(r => r.ToString()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_line_end_is_no_text_wherever_pieces_end(int returns)
    {
        for (int length = 509; length <= 515; length++)
        {
            string line = new('x', length), end = new string('\r', returns) + "\n";
            using Drop drop = new("line_length_limit = 512");
            _ = drop.Run(Encoding.ASCII.GetBytes($"{line}{end}{line}{end}"), "bob@x.test");
            string text = string.Concat(drop.Records.Where(r => r.Type is 'N' or 'L').Select(r => r.Payload + (r.Type == 'N' ? "|" : "")));
            Assert.Equal($"{line}|{line}|", text);
        }
    }

    [Fact]
    public void Returns_within_a_long_line_are_text()
    {
        using Drop drop = new("line_length_limit = 512");
        string line = new string('\r', 1500) + "x" + new string('\r', 600) + "y";
        _ = drop.Run(Encoding.ASCII.GetBytes($"{line}\n"), "bob@x.test");
        Assert.Equal(line, string.Concat(drop.Records.Where(r => r.Type is 'N' or 'L').Select(r => r.Payload)));
        Assert.All(drop.Records, r => Assert.True(r.Payload.Length <= 512));
    }

    [Theory]
    [InlineData("always", "a\r\nb\nc\r\r\nd\re\n", "a|b|c|d\re")]
    [InlineData("strict", "a\r\nb\nc\r\n", "a|b|c")]
    [InlineData("strict", "a\nb\r\nc\n", "a|b\r|c")]
    [InlineData("never", "a\r\nb\n", "a\r|b")]
    public void Line_endings(string choice, string input, string lines)
    {
        using Drop drop = new($"sendmail_fix_line_endings = '{choice}'");
        Assert.Equal((0, "", ""), drop.Run(Encoding.ASCII.GetBytes(input), "bob@x.test"));
        Assert.Equal(lines.Split('|'), drop.Of('N'));
    }

    [Fact]
    public void The_file_is_complete_and_has_a_long_id()
    {
        using Drop drop = new();
        _ = drop.Run(s_message, "bob@x.test");
        string path = Assert.Single(drop.Files);
        Assert.True(QueueId.TryParse(Path.GetFileName(path), out QueueId id));
        Assert.True(id.IsLong);
        Assert.Equal(Convert.ToInt32("740", 8), FileSystem.Status(path)!.Value.Mode);
        Assert.Equal('E', drop.Records[^1].Type);
    }

    [Theory] // no queue file could hold it
    [InlineData("-f")]
    [InlineData("")]
    [InlineData("-t")]
    public void An_address_that_is_too_long_is_refused(string where)
    {
        using Drop drop = new("line_length_limit = 1000");
        string address = new string('a', 1000) + "@x.test";
        (int status, _, string error) = where == "-t" ? drop.Run(Encoding.ASCII.GetBytes($"To: {address}\n\n"), "-t")
            : drop.Run(s_message, where.Length > 0 ? ["-f", address, "bob@x.test"] : [address]);
        Assert.Equal((65, "sendmail: fatal: an address is 1007 bytes long; line_length_limit allows 1000\n"), (status, error));
        Assert.Empty(drop.Files);
    }

    [Fact]
    public void A_long_full_name_is_cut_and_a_line_end_in_it_is_a_blank()
    {
        using Drop drop = new("line_length_limit = 1000");
        Assert.Equal((0, "", ""), drop.Run(s_message, "-F", "A\nB " + new string('\u00e9', 2000), "bob@x.test"));
        string name = Assert.Single(drop.Of('F'));
        Assert.StartsWith("A B \u00c3", name, StringComparison.Ordinal);
        Assert.InRange(name.Length, 600, 1000);
    }

    [Theory] // cleanup would refuse it, and nobody would be told
    [InlineData("-XVab", "a@x.test", "-XV: bad delimiters \"ab\": two characters of \"-=+\" are needed")]
    [InlineData("-XV+", "a@x.test", "-XV: bad delimiters \"+\": two characters of \"-=+\" are needed")]
    [InlineData("-XV", "<>", "-XV: the null sender has no address to put recipients into")]
    public void Verp_that_cannot_work_is_refused(string verp, string sender, string why)
    {
        using Drop drop = new();
        (int status, _, string error) = drop.Run(s_message, verp, "-f", sender, "bob@x.test");
        Assert.Equal(64, status);
        Assert.EndsWith($"): {why}\n", error, StringComparison.Ordinal);
        Assert.Empty(drop.Files);
    }

    [Fact]
    public void No_recipient_of_a_long_list_is_passed_over()
    {
        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(s_message, string.Join(", ", Enumerable.Range(0, 6000).Select(static i => $"r{i}@x.test"))));
        Assert.Equal(6000, drop.Of('R').Count);
    }

    [Theory] // B38: a dot is the end of the message, also without a line end behind it
    [InlineData("a\n.", "a", "")]
    [InlineData("a\n.", "a|.", "-i")]
    [InlineData("a\n..", "a|..", "")]
    public void A_dot_at_the_end_of_input(string input, string lines, string option)
    {
        using Drop drop = new();
        _ = drop.Run(Encoding.ASCII.GetBytes(input), option.Length > 0 ? [option, "bob@x.test"] : ["bob@x.test"]);
        Assert.Equal(lines.Split('|'), drop.Records.Where(static r => r.Type is 'N' or 'L').Select(static r => r.Payload));
    }

    [Fact]
    public void Others_do_not_read_the_mail_that_a_user_drops()
    {
        if (Users.EffectiveUid != 0)
            return; // only root can give the directory to somebody else
        using Drop drop = new();
        FileSystem.ChangeOwner(drop.Maildrop, 65534, 65534, FileKind.Directory);
        _ = drop.Run(s_message, "bob@x.test");
        Assert.Equal(Convert.ToInt32("740", 8), FileSystem.Status(Assert.Single(drop.Files))!.Value.Mode);
    }

    [Fact]
    public void Short_ids_on_request()
    {
        using Drop drop = new("enable_long_queue_ids = false");
        _ = drop.Run(s_message, "bob@x.test");
        Assert.Matches("^[0-9A-F]+$", Path.GetFileName(Assert.Single(drop.Files)));
    }

    [Fact]
    public void Pickup_is_woken()
    {
        using Drop drop = new();
        using Socket pickup = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        pickup.Bind(new UnixDomainSocketEndPoint(Path.Join(drop.Root, "public", "pickup")));
        pickup.Listen();
        Assert.Equal((0, "", ""), drop.Run(s_message, "bob@x.test"));
        using Socket client = pickup.Accept();
        byte[] bytes = new byte[10];
        Assert.Equal(1, client.Receive(bytes));
        Assert.Equal((byte)'W', bytes[0]);
        Assert.Single(drop.Files);
    }

    private static byte[] Lines(int count, int length) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', length - 1) + "\n", count)));

    // docs/traces.md: programs that are traced name their trace in the environment.
    [Theory]
    [InlineData("events_enable = true\ntraces_enable = true\n", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("events_enable = true\ntraces_enable = true\n", "00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("events_enable = true\ntraces_enable = true\n", "nonsense\n", false)]
    [InlineData("events_enable = true\ntraces_enable = true\n", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false)]
    [InlineData("", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)]
    public void The_trace_that_the_environment_names_goes_with_the_message(string settings, string context, bool isTaken)
    {
        using Drop drop = new(settings);
        (int status, _, string error) = drop.Run("Subject: s\n\ntext\n"u8.ToArray(), ["-f", "a@b.test", "c@d.test"], new Dictionary<string, string> { ["TRACEPARENT"] = context });
        Assert.Equal((0, ""), (status, error));
        Assert.Equal(isTaken ? [$"trace_context={context}"] : [], drop.Of('A').Where(static attribute => attribute.StartsWith("trace", StringComparison.Ordinal)));
    }
}
