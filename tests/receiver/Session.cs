using System.Globalization;
using System.Net.Security;
using System.Text;

namespace PostfixNet.Receiver;

/// <summary>One connection, from greeting to QUIT (RFC 5321, with PIPELINING as RFC 2920 has it).</summary>
internal sealed class Session(SmtpReceiver receiver, Stream stream, int connection)
{
    // More than any client sends in one command, less than would hurt.
    private const int LongestCommand = 64 * 1024;
    private const int LargestMessage = 256 * 1024 * 1024;

    private readonly byte[] input = new byte[32 * 1024];
    private readonly StringBuilder output = new();
    private int inputStart;
    private int inputEnd;
    private string helo = "";
    private string? sender;
    private string senderParameters = "";
    private List<ReceivedRecipient> recipients = [];
    private bool ended;

    /// <summary>Serves the client until it leaves or a rule ends the connection.</summary>
    public void Run()
    {
        // After a refusal in the greeting the client has nothing to do but QUIT; it is served all the same.
        if (!Ruled(Stage.Greeting, []))
            Say($"220 {receiver.Options.HostName} ESMTP");
        while (!ended)
        {
            string? line = ReadCommand();
            if (line == null)
                return;
            Obey(line);
        }
        Flush();
    }

    private void Obey(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
        string rest = space < 0 ? "" : line[(space + 1)..].Trim();
        switch (verb)
        {
            case "EHLO":
            case "HELO":
                Greet(verb == "EHLO", rest);
                break;
            case "STARTTLS" when MayStartTls:
                Say("220 2.0.0 Go ahead");
                StartTls();
                break;
            case "AUTH" when receiver.Options.Keywords.Any(static keyword => keyword.StartsWith("AUTH ", StringComparison.Ordinal)):
                Say("235 2.7.0 Whoever you are");
                break;
            case "MAIL":
                BeginMail(rest);
                break;
            case "RCPT":
                AddRecipient(rest);
                break;
            case "DATA":
                ReceiveContent();
                break;
            case "RSET":
                Forget();
                Say("250 2.0.0 Ok");
                break;
            case "NOOP":
                Say("250 2.0.0 Ok");
                break;
            case "QUIT":
                if (!Ruled(Stage.Quit, []))
                    Say("221 2.0.0 Bye");
                ended = true;
                break;
            default:
                Say("502 5.5.2 Command not known here");
                break;
        }
    }

    private void Greet(bool extended, string name)
    {
        helo = name;
        Forget();
        if (Ruled(Stage.Ehlo, [name]))
            return;
        if (!extended)
        {
            Say($"250 {receiver.Options.HostName}");
            return;
        }
        var lines = new List<string> { receiver.Options.HostName };
        lines.AddRange(receiver.Options.Keywords);
        if (MayStartTls)
            lines.Add("STARTTLS");
        Say("250 " + string.Join("\\n", lines));
    }

    private bool MayStartTls => receiver.Options.Certificate != null && stream is not SslStream;

    // RFC 3207 section 4.2: what the client said before counts no more.
    private void StartTls()
    {
        Flush();
        (helo, inputStart, inputEnd) = ("", 0, 0);
        Forget();
        var tls = new SslStream(stream);
        stream = tls;
        tls.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificate = receiver.Options.Certificate,
            ClientCertificateRequired = receiver.Options.AsksForCertificate,
            // Anybody's will do.
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject != "CN=nobody",
        });
    }

    private void BeginMail(string rest)
    {
        if (!TrySplitPath(rest, "FROM:", out string address, out string parameters))
            Say("501 5.5.4 want MAIL FROM:<address>");
        else if (sender != null)
            Say("503 5.5.1 nested MAIL command");
        else if (!Ruled(Stage.Mail, [address]))
        {
            sender = address;
            senderParameters = parameters;
            Say("250 2.1.0 Ok");
        }
    }

    private void AddRecipient(string rest)
    {
        if (!TrySplitPath(rest, "TO:", out string address, out string parameters))
            Say("501 5.5.4 want RCPT TO:<address>");
        else if (sender == null)
            Say("503 5.5.1 need MAIL first");
        else if (Ruled(Stage.Rcpt, [address]))
            return;
        else if (Share(address) < receiver.Options.RefusePercent)
            Say($"550 5.1.1 <{address}> no such user");
        else
        {
            recipients.Add(new ReceivedRecipient(address, parameters));
            Say("250 2.1.5 Ok");
        }
    }

    private void ReceiveContent()
    {
        if (recipients.Count == 0)
        {
            Say(sender == null ? "503 5.5.1 need MAIL first" : "554 5.5.1 no valid recipients");
            return;
        }
        List<string> subjects = [sender!, .. recipients.Select(recipient => recipient.Address)];
        if (Ruled(Stage.Data, subjects))
            return;
        Say("354 End data with <CR><LF>.<CR><LF>");
        byte[]? content = ReadContent();
        if (content == null)
        {
            ended = true;
            return;
        }
        if (receiver.Options.Delay > TimeSpan.Zero)
            Wait(receiver.Options.Delay);
        if (!Ruled(Stage.Dot, subjects))
        {
            int number = receiver.Store(new ReceivedMessage(
                0, connection, helo, sender!, senderParameters, recipients, content, DateTimeOffset.UtcNow)
            { ClientCertificate = (stream as SslStream)?.RemoteCertificate?.Subject });
            Say(string.Create(CultureInfo.InvariantCulture, $"250 2.0.0 Ok: stored as {number}"));
        }
        Forget();
    }

    private void Forget()
    {
        sender = null;
        senderParameters = "";
        recipients = [];
    }

    /// <summary>Applies the rules of a stage; true when one of them has answered in our place.</summary>
    private bool Ruled(Stage stage, IReadOnlyList<string> subjects)
    {
        foreach (Rule rule in receiver.Applying(stage, subjects))
        {
            switch (rule.Action)
            {
                case RuleAction.Delay:
                    Wait(rule.Delay);
                    break;
                case RuleAction.Reply:
                    Say(rule.Reply);
                    ended |= rule.Reply.StartsWith("421", StringComparison.Ordinal);
                    return true;
                case RuleAction.Garbage:
                    output.Append("who goes there?\r\n");
                    return true;
                case RuleAction.Hang:
                    Flush();
                    while (Fill())
                        inputStart = inputEnd;
                    ended = true;
                    return true;
                default:
                    ended = true;
                    return true;
            }
        }
        return false;
    }

    // The wait ends early when the receiver closes, which disposes the stream under us; a thread in a wait
    // is a background thread and does not keep the process.
    private void Wait(TimeSpan time)
    {
        Flush();
        Thread.Sleep(time);
    }

    /// <summary>A number from 0 to 99 that depends on the address alone.</summary>
    private static int Share(string address)
    {
        uint hash = 2166136261;
        foreach (char character in address)
            hash = (hash ^ char.ToLowerInvariant(character)) * 16777619;
        return (int)((hash ^ (hash >> 15)) % 100);
    }

    private static bool TrySplitPath(string text, string keyword, out string address, out string parameters)
    {
        address = parameters = "";
        if (!text.StartsWith(keyword, StringComparison.OrdinalIgnoreCase))
            return false;
        text = text[keyword.Length..].TrimStart();
        if (text.Length == 0 || text[0] != '<')
            return false;
        bool quoted = false;
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && quoted)
                i++;
            else if (text[i] == '"')
                quoted = !quoted;
            else if (text[i] == '>' && !quoted)
            {
                address = text[1..i];
                parameters = text[(i + 1)..].Trim();
                return true;
            }
        }
        return false;
    }

    private void Say(string reply) => output.Append(Rule.Wire(reply));

    private void Flush()
    {
        if (output.Length == 0)
            return;
        stream.Write(Encoding.UTF8.GetBytes(output.ToString()));
        output.Clear();
    }

    private bool Fill()
    {
        if (inputStart == inputEnd)
        {
            // Replies wait for one another as long as commands are waiting, and go out in one piece.
            Flush();
            inputStart = 0;
            inputEnd = stream.Read(input);
        }
        return inputEnd > inputStart;
    }

    private string? ReadCommand()
    {
        var line = new List<byte>();
        while (Fill())
        {
            byte octet = input[inputStart++];
            if (octet == '\n')
                return Decode(line);
            if (octet != '\r')
                line.Add(octet);
            if (line.Count > LongestCommand)
                return null;
        }
        return null;
    }

    private static string Decode(List<byte> line)
    {
        byte[] bytes = [.. line];
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Reads up to the lone dot; null when the client left before it.</summary>
    private byte[]? ReadContent()
    {
        using var content = new MemoryStream();
        int matched = 2; // how much of CR LF . CR LF was seen: the DATA line's own CR LF counts
        while (Fill())
        {
            byte octet = input[inputStart++];
            if (content.Length > LargestMessage)
                return null;
            switch (matched)
            {
                case 2 when octet == '.':
                    matched = 3; // a stuffed dot, or the end
                    continue;
                case 3 when octet == '\r':
                    matched = 4;
                    continue;
                case 4 when octet == '\n':
                    return content.ToArray();
                case 4:
                    content.WriteByte((byte)'\r'); // the dot was stuffed before a line that begins with CR
                    break;
                default:
                    break;
            }
            content.WriteByte(octet);
            matched = octet == '\r' ? 1 : octet == '\n' && matched == 1 ? 2 : 0;
        }
        return null;
    }
}
