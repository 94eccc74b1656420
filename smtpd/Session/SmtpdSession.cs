using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tables;

namespace PostfixNet.Smtpd;

/// <summary>One session: greets, takes command after command, counts errors, and ends.</summary>
internal sealed class SmtpdSession
{
    private const string MessageEnded = "END-OF-MESSAGE", Unknown = "UNKNOWN";

    private readonly Surroundings _surroundings;
    private readonly Session _session;
    private readonly Dictionary<string, Command> _commands;
    private string _stage = "CONNECT";
    private bool _isAtRest, _mustEnd;

    internal SmtpdSession(Surroundings surroundings, Chat chat, ClientInfo client)
    {
        _surroundings = surroundings;
        _session = new Session(chat, client);
        chat.IsSoft = surroundings.Options.IsSoftBounce;
        _commands = CommandTable.Of(surroundings, _session);
    }

    private SmtpdOptions Options => _surroundings.Options;

    private Log Log => _surroundings.Log;

    private Chat Chat => _session.Chat;

    /// <summary>Serves the client to its end.</summary>
    internal async Task Run()
    {
        try
        {
            if (Options.HasProxy)
                await MeetProxy();
            _session.Client = await _surroundings.Names.Complete(_session.Client);
            Log.Connected(_session);
            if (_surroundings.Verbosity is { } verbosity && verbosity.Has(_session.Client.Name, _session.Client.Address))
                Chat.Said = line => Log.Said(_session, line);
            if (await Greet())
            {
                while (await Next())
                {
                }
            }
            await Chat.Flush();
            await Chat.Finish();
        }
        catch (ClientGoneException e)
        {
            if (e.IsTimeout)
                await Chat.SayAndClose(new Reply(421, "4.4.2", $"{Options.MyHostname} Error: timeout exceeded"));
            if (!_mustEnd)
                Ended(e.IsTimeout);
        }
        catch (LookupException e)
        {
            // A table of clients cannot say, so what this one may do is not known.
            Log.Warning($"{Log.Name(_session)}: {e.Message}");
            await Chat.SayAndClose(new Reply(421, "4.3.0", $"{Options.MyHostname} Error: temporary lookup failure"));
        }
        finally
        {
            _session.EndTransaction();
            if (_session.Milters is { } milters)
                await milters.Close();
            await _surroundings.Events.Disconnect(_session);
            Log.Disconnected(_session);
        }
    }

    /// <summary>The system stops: a session that waits for its client ends now, any other after the command in hand.</summary>
    internal void Hurry()
    {
        _mustEnd = true;
        if (_isAtRest)
            _ = Chat.SayAndClose(ShuttingDown);
    }

    // RFC 5321 section 3.8.
    private Reply ShuttingDown => new(421, "4.3.2", $"{Options.MyHostname} Service shutting down") { IsLast = true };

    private void Ended(bool isTimeout)
    {
        string stage = _session.ContentOctets is { } octets ? string.Create(CultureInfo.InvariantCulture, $"{_stage} ({octets} bytes)") : _stage;
        if (isTimeout)
            Log.TimedOut(_session, stage);
        else if (_stage != MessageEnded) // its message is taken: nothing is lost
            Log.Lost(_session, stage);
    }

    // smtpd_upstream_proxy_protocol: the client is who the proxy says.
    private async ValueTask MeetProxy()
    {
        Chat.Connection.Limit = Deadline.In(Options.ProxyTimeout);
        ProxyHeader? header;
        int wanted = ProxyHeader.Wanted([]);
        while (true)
        {
            ReadOnlyMemory<byte> octets = await Chat.ReadMore(wanted);
            if (octets.IsEmpty)
                throw new ClientGoneException(isTimeout: false);
            if (!ProxyHeader.TryRead(octets.Span, out header))
            {
                Log.Warning($"{Log.Name(_session)}: no PROXY header where smtpd_upstream_proxy_protocol wants one");
                throw new ClientGoneException(isTimeout: false);
            }
            if (header is not null)
                break;
            wanted = ProxyHeader.Wanted(octets.Span);
        }
        Chat.Taken(header.Length);
        if (header.Client is { } client)
            _session.Client = new ClientInfo { Address = client.Address.IsIPv4MappedToIPv6 ? client.Address.MapToIPv4() : client.Address, Port = client.Port, Server = header.Server };
    }

    // False: the session is over.
    private async ValueTask<bool> Greet()
    {
        if (_surroundings.Tls is { Settings.IsWrapper: true } tls && !await tls.Begin(_session))
            throw new ClientGoneException(isTimeout: false);
        if (await _surroundings.Events.Connect(_session, Options) is { } tooMany)
        {
            Chat.Say(tooMany);
            return false;
        }
        if (await _surroundings.Access.Connect(_session, "CONNECT") is { } refusal)
        {
            _session.IsDenied = true;
            Chat.Say(refusal);
            return !refusal.IsLast;
        }
        _session.Milters = _surroundings.Milters is { } service ? await service.For(_session) : null;
        if (_session.Milters is { } milters && await milters.Connect("CONNECT") is { } unwanted)
        {
            if (unwanted.Code == 421)
            {
                Chat.Say(new Reply(421, "", $"{Options.MyHostname} Service unavailable - try again later"));
                return false;
            }
            // Another refusal holds from MAIL on.
            if (unwanted.Code >= 500)
            {
                _session.Errors++;
                Chat.Say(new Reply(554, "", $"{Options.MyHostname} ESMTP not accepting connections"));
                return true;
            }
        }
        Chat.Say(new Reply(220, "", Options.Banner));
        return true;
    }

    private async ValueTask<bool> Next()
    {
        if (_mustEnd && !Chat.HasInput)
        {
            Chat.Say(ShuttingDown);
            return false;
        }
        if (!Chat.HasInput)
            Chat.ReleaseBuffer();
        _isAtRest = true;
        ClientLine? read;
        try
        {
            read = await Chat.ReadLine(Options.LineLengthLimit);
        }
        finally
        {
            _isAtRest = false;
        }
        if (read is not { } line)
        {
            if (!_mustEnd)
                Ended(isTimeout: false);
            return false;
        }
        string text = ByteText.Decode(line.Octets);
        if (Chat.Said is not null)
            Log.Heard(_session, Shown(text));
        return await Do(text, line.IsTooLong, line.HasEnd);
    }

    // What follows AUTH is a password; and so may be what is no command, from a client that has lost its place.
    private string Shown(string line)
    {
        CommandLine words = CommandLine.Of(line);
        if (!_commands.ContainsKey(words.Verb))
            return string.Create(CultureInfo.InvariantCulture, $"({line.Length} characters that are no command)");
        if (words.Verb != "AUTH")
            return line;
        string[] parts = words.Argument.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 1 ? $"AUTH {parts[0]} (not shown)" : line;
    }

    private async ValueTask<bool> Do(string line, bool isTooLong, bool hasEnd)
    {
        CommandLine words = CommandLine.Of(line);
        string name = words.Verb;
        Command? command = _commands.GetValueOrDefault(name);
        Reply reply;
        bool isCommand = true;
        if (isTooLong)
        {
            Log.TooLong(_session, line, Options.LineLengthLimit);
            reply = new Reply(500, "5.5.2", "Error: line too long") { IsLast = !hasEnd };
        }
        else if (_session.IsDenied && name != "QUIT")
        {
            // RFC 5321 section 3.1.
            reply = new Reply(503, "5.7.0", $"Error: access denied for {Log.Name(_session)}");
        }
        else if (name.Length == 0)
        {
            isCommand = false;
            reply = new Reply(500, "5.5.2", "Error: bad syntax");
        }
        else if (Options.IsSmtpUtf8Enabled && !ByteText.IsValidUtf8(line))
        {
            isCommand = false;
            reply = new Reply(500, "5.5.2", "Error: bad UTF-8 syntax");
        }
        else if (command is null && IsForeign(line, name))
        {
            _stage = Unknown;
            Log.ForeignProtocol(_session, line);
            Chat.Say(new Reply(221, "2.7.0", "Error: I can break rules, too. Goodbye."));
            Count(Unknown.ToLowerInvariant(), false);
            return false;
        }
        else if (command is null)
        {
            _stage = Unknown;
            reply = Options.NoopCommands.Contains(name) ? Reply.Ok
                : (_session.Milters is { } milters ? await milters.Unknown(line) : null) ?? new Reply(500, "5.5.2", "Error: command not recognized");
        }
        else
        {
            _stage = command.Name;
            Transaction? message = _session.Transaction;
            if (command.MustWait && Chat.HasInput && SpeaksEarly())
                return false;
            reply = !command.IsBeforeTls && _surroundings.Tls is { Settings.IsDemanded: true } && _session.Tls is null
                ? new Reply(530, "5.7.0", "Must issue a STARTTLS command first") : await command.Run(words);
            if (message is { IsOver: true })
                _stage = MessageEnded;
        }
        if (isCommand)
            Count((command?.Name ?? Unknown).ToLowerInvariant(), !reply.IsRefusal);
        if (command is { IsJunk: true } or null && ++_session.Junk > Options.JunkCommandLimit)
            _session.Errors++;
        if (reply.IsRefusal && !reply.IsOurTrouble)
            _session.Errors++;
        // A client that brings mail may stay, however much else it says between messages.
        if (command is { EndsMessage: true } && _session.Transaction is null && !reply.IsRefusal)
            (_session.Errors, _session.Junk) = (0, 0);
        if (reply.IsLast)
        {
            Chat.Say(reply);
            return false;
        }
        if (_session.Errors >= Options.HardErrorLimit)
        {
            Log.TooManyErrors(_session, _stage);
            Chat.Say(new Reply(421, "4.7.0", $"{Options.MyHostname} Error: too many errors"));
            return false;
        }
        if (reply.IsRefusal && !reply.IsOurTrouble)
            await Delay();
        // A command that says all by itself has an empty reply.
        if (reply.Code > 0)
            Chat.Say(reply);
        return true;
    }

    // Another protocol, or the content of a message whose sender did not hear that nobody wants it.
    private bool IsForeign(string line, string name) => Options.ForbiddenCommands.Contains(name) || !char.IsAsciiLetter(name[0])
        || (line.AsSpan().IndexOfAny(' ', '\t', ':') is var end and > 0 && line.AsSpan(end).TrimStart(" \t") is [':', ..]);

    // Errors are answered late: by and by more so (smtpd_error_sleep_time).
    private async ValueTask Delay()
    {
        if (Options.ErrorDelay > TimeSpan.Zero && _session.Errors > Options.SoftErrorLimit)
        {
            await Chat.Flush();
            await _surroundings.Loop.Pause(Options.ErrorDelay);
        }
    }

    private void Count(string name, bool isGood)
    {
        (int good, int all) = _session.Counts.GetValueOrDefault(name);
        _session.Counts[name] = (good + (isGood ? 1 : 0), all + 1);
    }

    // A client that does not wait for answers where it must has something to hide, or takes another's words for its own.
    private bool SpeaksEarly()
    {
        if (_session.HasSpokenEarly || !Options.NotesEarlyTalk)
            return false;
        _session.HasSpokenEarly = true;
        Log.SpokeEarly(_session, _stage, ByteText.Decode(Chat.Input));
        if (!Options.ForbidsEarlyTalk)
            return false;
        Chat.Say(new Reply(554, "5.5.0", "Error: SMTP protocol synchronization") { IsLast = true });
        return true;
    }
}
