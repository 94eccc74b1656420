using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Smtpd;

/// <summary>MAIL, RCPT and RSET: RFC 5321 section 4.1.1, with the parameters of RFC 1870, 3461, 4865, 4954, 6152, 6531 and 8689.</summary>
internal sealed class EnvelopeCommands(Surroundings surroundings, Session session)
{
    private static readonly Reply s_senderOk = new(250, "2.1.0", "Ok"), s_recipientOk = new(250, "2.1.5", "Ok"), s_noDsn = new(501, "5.7.1", "DSN support is disabled");

    private SmtpdOptions Options => surroundings.Options;

    internal ValueTask<Reply> Reset(CommandLine line)
    {
        if (line.Argument.Length > 0)
            return new(new Reply(501, "5.5.4", "Syntax: RSET"));
        session.EndTransaction();
        return new(Reply.Ok);
    }

    internal async ValueTask<Reply> Mail(CommandLine line)
    {
        if (Options.IsHeloRequired && session.Helo is null)
            return new Reply(503, "5.5.1", "Error: send HELO/EHLO first");
        if (session.Transaction is not null)
            return new Reply(503, "5.5.1", "Error: nested MAIL command");
        if (After(line.Argument, "FROM:") is not { Length: > 0 } rest)
            return new Reply(501, "5.5.4", "Syntax: MAIL FROM:<address>");
        if (PathSyntax.Read(rest, Options) is not { } path)
            return NoSender(rest);
        SenderParameters parameters = new() { IsSmtpUtf8Enabled = Options.IsSmtpUtf8Enabled && Options.Offers("SMTPUTF8"), HasDsn = Options.Offers("DSN"), RequireTlsSupport = RequireTlsSupport };
        if (Greeting.MayHold(Options, session))
            (parameters.Now, parameters.HoldLimit) = (FutureRelease.Next(MailTime.Microseconds(surroundings.Clock)), (long)Options.FutureReleaseLimit.TotalSeconds);
        if (parameters.Read(path.Parameters) is { } problem)
            return problem;
        if (IsAddressOfOther(path.Address, parameters.IsSmtpUtf8))
            return NoSender(rest);
        if (Unspeakable(path.Address, parameters.IsSmtpUtf8) is { } unspeakable)
            return unspeakable;
        if (await surroundings.Events.Message(session) is { } tooMuch)
            return tooMuch;
        session.Begin(new Transaction
        {
            Sender = path.Address,
            Arrival = MailTime.Microseconds(surroundings.Clock),
            Size = parameters.Size,
            Encoding = parameters.Encoding,
            IsSmtpUtf8 = parameters.IsSmtpUtf8,
            RequiresTls = parameters.RequiresTls,
            Release = parameters.Release,
            Return = parameters.Return,
            EnvelopeId = parameters.EnvelopeId,
            Author = parameters.Author,
        });
        Reply? refusal = await surroundings.Access.Sender(session);
        if (refusal is null && session.Milters is { } milters)
            refusal = await milters.Mail(path.Words);
        refusal ??= TooLarge(parameters.Size) ?? surroundings.Queue.Shortage(session);
        if (refusal is not null)
        {
            session.EndTransaction();
            return refusal;
        }
        return s_senderOk;
    }

    // RFC 8689 section 4.1: only over TLS; a Unix-domain socket is no network. Whoever could have begun it is told so.
    private Support RequireTlsSupport => !Greeting.MayRequireTls(Options) ? Support.None
        : Greeting.IsProtected(session) ? Support.Here : surroundings.Tls is not null ? Support.AfterStartTls : Support.None;

    internal async ValueTask<Reply> Rcpt(CommandLine line)
    {
        if (session.Transaction is not { } transaction)
            return new Reply(503, "5.5.1", "Error: need MAIL command");
        if (transaction.HasChunks)
            return new Reply(503, "5.5.1", "Error: RCPT after BDAT");
        if (After(line.Argument, "TO:") is not { Length: > 0 } rest)
            return new Reply(501, "5.5.4", "Syntax: RCPT TO:<address>");
        if (PathSyntax.Read(rest, Options) is not { Address.Length: > 0 } path)
            return NoRecipient(rest);
        RecipientParameters parameters = new() { HasDsn = Options.Offers("DSN") };
        if (parameters.Read(path.Parameters) is { } problem)
            return problem;
        if (IsAddressOfOther(path.Address, transaction.IsSmtpUtf8))
            return NoRecipient(rest);
        if (Unspeakable(path.Address, transaction.IsSmtpUtf8) is { } unspeakable)
            return unspeakable;
        if (transaction.Recipients.Count >= Options.RecipientLimit)
        {
            // RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction.
            bool isExcused = transaction.Overshoot++ < Options.RecipientOvershoot;
            return new Reply(452, "4.5.3", "Error: too many recipients") { IsOurTrouble = isExcused };
        }
        if (await surroundings.Events.Recipient(session) is { } tooMuch)
            return tooMuch;
        Reply? refusal = NoReturnPath(path.Address) ?? await surroundings.Access.Recipient(session, path.Address);
        if (session.Milters is { } milters)
            refusal = await milters.Rcpt(path.Words, path.Address, refusal);
        if (refusal is not null)
            return refusal;
        transaction.Recipients.Add(new EnvelopeRecipient(path.Address, parameters.Notify, parameters.Original, path.Given));
        return s_recipientOk;
    }

    // Mail for report_domain is taken for addresses only that this system made itself, and not long ago.
    private Reply? NoReturnPath(string address)
    {
        if (Options.ReturnPaths is not { } paths || !paths.IsOfDomain(address))
            return null;
        Reply refusal;
        try
        {
            ReturnPathState state = paths.Maker.Verify(address, MailTime.Microseconds(surroundings.Clock) / 1_000_000, out _);
            if (state == ReturnPathState.Good)
                return null;
            refusal = new Reply(550, "5.1.1", $"<{Address.ToExternal(address)}>: Recipient address rejected: {(state == ReturnPathState.TooOld ? "return path too old" : "no such return path")}");
        }
        catch (IOException e)
        {
            surroundings.Log.Warning(e.Message);
            refusal = new Reply(451, "4.3.0", "Error: return paths cannot be verified now");
        }
        surroundings.Log.Decided(session, null, "reject", "RCPT", refusal.ToString(), null);
        return refusal;
    }

    private Reply NoSender(string argument)
    {
        surroundings.Log.NoAddress(session, "MAIL", argument.Trim());
        return new Reply(501, "5.1.7", "Bad sender address syntax");
    }

    private Reply NoRecipient(string argument)
    {
        surroundings.Log.NoAddress(session, "RCPT", argument.Trim());
        return new Reply(501, "5.1.3", "Bad recipient address syntax");
    }

    private Reply? TooLarge(long size)
    {
        if (Options.MessageSizeLimit == 0 || size <= Options.MessageSizeLimit)
            return null;
        Reply reply = new(552, "5.3.4", "Message size exceeds fixed limit");
        surroundings.Log.Decided(session, null, "reject", "MAIL", reply.ToString(), null);
        return reply;
    }

    // Domains are ASCII but for clients that say SMTPUTF8: RFC 6531 section 3.5.
    private bool IsAddressOfOther(string address, bool isSmtpUtf8) =>
        Options.IsSmtpUtf8Enabled && !isSmtpUtf8 && Address.Split(address).Domain is { } domain && !ByteText.IsAscii(domain);

    // Local parts have always been sent as they are (strict_smtputf8).
    private Reply? Unspeakable(string address, bool isSmtpUtf8) =>
        Options.IsSmtpUtf8Strict && Options.IsSmtpUtf8Enabled && !isSmtpUtf8 && !ByteText.IsAscii(address)
            ? new Reply(553, "5.6.7", "Must declare SMTPUTF8 to send unicode address") : null;

    private static string? After(string text, string word) =>
        text.StartsWith(word, StringComparison.OrdinalIgnoreCase) ? text[word.Length..] : null;

    private static Reply Unsupported(string word) => new(555, "5.5.4", string.Create(CultureInfo.InvariantCulture, $"Unsupported option: {word}"));

    private enum Support { None, AfterStartTls, Here }

    /// <summary>What follows the address of MAIL.</summary>
    private sealed class SenderParameters
    {
        internal bool IsSmtpUtf8Enabled { get; init; }

        internal bool HasDsn { get; init; }

        internal long Size { get; private set; }

        internal BodyEncoding Encoding { get; private set; }

        internal bool IsSmtpUtf8 { get; private set; }

        internal Support RequireTlsSupport { get; init; }

        internal bool RequiresTls { get; private set; }

        /// <summary>Seconds since 1970.</summary>
        internal long Now { get; set; }

        /// <summary>How many seconds ahead a message may come; 0: none.</summary>
        internal long HoldLimit { get; set; }

        internal long Release { get; private set; }

        internal DsnReturn Return { get; private set; }

        internal string? EnvelopeId { get; private set; }

        internal string Author { get; private set; } = "";

        internal Reply? Read(string text)
        {
            foreach (string word in Words(text))
            {
                (string name, string? value) = Split(word);
                switch (name)
                {
                    case "SIZE" when value is not null:
                        if (value.Length == 0 || !value.All(char.IsAsciiDigit))
                            return new Reply(501, "5.5.4", "Bad message size syntax");
                        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size))
                            return new Reply(552, "5.3.4", "Message size exceeds file system imposed limit");
                        Size = size;
                        break;
                    case "BODY" when value is not null && BodyEncodings.TryParseSmtp(value, out BodyEncoding encoding):
                        Encoding = encoding;
                        break;
                    case "SMTPUTF8" when value is null && IsSmtpUtf8Enabled:
                        IsSmtpUtf8 = true;
                        break;
                    case "REQUIRETLS" when value is null && RequireTlsSupport == Support.AfterStartTls:
                        return new Reply(530, "5.7.10", "REQUIRETLS is for sessions over TLS: issue a STARTTLS command first");
                    case "REQUIRETLS" when value is null && RequireTlsSupport == Support.Here:
                        RequiresTls = true;
                        break;
                    case "HOLDFOR" or "HOLDUNTIL" when value is not null && HoldLimit > 0:
                        if (Release > 0 || (name == "HOLDFOR" ? FutureRelease.After(value, Now) : FutureRelease.At(value)) is not { } release)
                            return new Reply(501, "5.5.4", $"Bad {name} parameter syntax");
                        if (release > Now + HoldLimit)
                            return new Reply(501, "5.5.4", string.Create(CultureInfo.InvariantCulture, $"{name}: too far ahead, the limit is {HoldLimit} seconds"));
                        Release = release;
                        break;
                    case "RET" or "ENVID" when !HasDsn:
                        return s_noDsn;
                    case "RET":
                        if (value is null || Return != DsnReturn.Unspecified || !DsnReturns.TryParse(value.ToUpperInvariant(), out DsnReturn wanted))
                            return new Reply(501, "5.5.4", "Bad RET parameter syntax");
                        Return = wanted;
                        break;
                    case "ENVID":
                        if (value is not { Length: > 0 and <= 300 } || EnvelopeId is not null || Xtext.Decode(value) is not { } id || !IsPrintable(id))
                            return new Reply(501, "5.5.4", "Bad ENVID parameter syntax");
                        EnvelopeId = id;
                        break;
                    case "AUTH":
                        if (value is null || Xtext.Decode(value) is not { } author || !IsPrintable(author))
                            return new Reply(501, "5.5.4", "Bad AUTH parameter syntax");
                        // RFC 4954 section 5: "<>" is what is said of a client that is not known.
                        Author = author == "<>" ? "" : author;
                        break;
                    default:
                        return Unsupported(word);
                }
            }
            return null;
        }
    }

    /// <summary>What follows the address of RCPT.</summary>
    private sealed class RecipientParameters
    {
        internal bool HasDsn { get; init; }

        internal Notify Notify { get; private set; }

        internal string? Original { get; private set; }

        internal Reply? Read(string text)
        {
            foreach (string word in Words(text))
            {
                (string name, string? value) = Split(word);
                switch (name)
                {
                    case "NOTIFY" or "ORCPT" when value is not null && !HasDsn:
                        return s_noDsn;
                    case "NOTIFY" when value is not null:
                        if (Notify != Notify.Default || !NotifyFlags.TryParse(value.ToUpperInvariant(), out Notify notify, out _))
                            return new Reply(501, "5.5.4", "Error: Bad NOTIFY parameter syntax");
                        Notify = notify;
                        break;
                    case "ORCPT" when value is not null:
                        if (Original is not null || OriginalRecipient(value) is not { } original)
                            return new Reply(501, "5.5.4", "Error: Bad ORCPT parameter syntax");
                        Original = original;
                        break;
                    default:
                        return Unsupported(word);
                }
            }
            return null;
        }

        // RFC 3461 section 4.2, RFC 6533 section 3: type;address in an encoding that the type says.
        private static string? OriginalRecipient(string value)
        {
            int semicolon = value.IndexOf(';', StringComparison.Ordinal);
            if (semicolon <= 0 || value.Length > 1000)
                return null;
            string type = value[..semicolon], address = value[(semicolon + 1)..];
            if (!type.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'))
                return null;
            string? decoded = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Xtext.DecodeUtf8Address(address) : Xtext.Decode(address);
            return decoded is not null && IsPrintable(decoded) ? $"{type};{decoded}" : null;
        }
    }

    private static bool IsPrintable(string text) => !text.Any(char.IsControl);

    private static string[] Words(string text) => text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static (string Name, string? Value) Split(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (word.ToUpperInvariant(), null) : (word[..equals].ToUpperInvariant(), word[(equals + 1)..]);
    }
}
