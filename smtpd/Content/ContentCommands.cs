using System.Globalization;
using PostfixNet.Native;

namespace PostfixNet.Smtpd;

/// <summary>DATA (RFC 5321 section 4.1.1.4) and BDAT (RFC 3030).</summary>
internal sealed class ContentCommands(Surroundings surroundings, Session session)
{
    private SmtpdOptions Options => surroundings.Options;

    private Chat Chat => session.Chat;

    internal async ValueTask<Reply> Data(CommandLine line)
    {
        if (Missing() is { } missing)
            return missing;
        Transaction transaction = session.Transaction!;
        if (transaction.HasChunks)
            return new Reply(503, "5.5.1", "Error: DATA after BDAT");
        if (line.Argument.Length > 0)
            return new Reply(501, "5.5.4", "Syntax: DATA");
        if (await surroundings.Access.Data(session, "DATA") is { } restricted)
            return restricted;
        if (session.Milters is { } milters && await milters.Data("DATA") is { } refusal)
            return refusal;
        Chat.Say(Reply.ReadyForData);
        using IncomingMessage message = new(surroundings, session, transaction, hasDots: true);
        Pace pace = new(Options, Chat.Connection);
        session.ContentOctets = 0;
        while (!message.Lines.IsOver)
        {
            pace.Wait();
            ReadOnlyMemory<byte> octets = await Chat.ReadContent();
            if (octets.IsEmpty)
                throw new ClientGoneException(isTimeout: false);
            int used = message.Lines.Take(octets.Span);
            Chat.Taken(used);
            session.ContentOctets += used;
            pace.Came(used);
            await message.Drain();
        }
        session.ContentOctets = null;
        Reply reply = await message.Finish();
        session.EndTransaction();
        return reply;
    }

    internal async ValueTask<Reply> Bdat(CommandLine line)
    {
        // What follows is no command, and whoever sends it cannot know that nobody takes it: the session is over.
        if (!Options.Offers("CHUNKING"))
            return new Reply(521, "5.5.1", "Error: command not implemented") { IsLast = true };
        string[] words = line.Argument.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (1 or 2) || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || (words.Length == 2 && !words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase)))
        {
            surroundings.Log.BadChunk(session, "malformed BDAT command syntax", $": BDAT {line.Argument[..Math.Min(line.Argument.Length, 100)]}".TrimEnd());
            // How much follows is not known, so nothing after it can be understood.
            return new Reply(521, "5.5.4", "Syntax: BDAT count [LAST]") { IsLast = true };
        }
        bool isLast = words.Length == 2;
        Reply? refusal = await BeginChunks(size) ?? Refused(size, isLast);
        IncomingMessage? message = refusal is null ? session.Transaction!.Chunks : null;
        Pace pace = new(Options, Chat.Connection);
        session.ContentOctets = 0;
        for (long left = size; left > 0;)
        {
            pace.Wait();
            ReadOnlyMemory<byte> octets = await Chat.ReadContent();
            if (octets.IsEmpty)
                throw new ClientGoneException(isTimeout: false);
            octets = octets[..(int)Math.Min(left, octets.Length)];
            if (message is not null)
            {
                _ = message.Lines.Take(octets.Span);
                await message.Drain();
            }
            Chat.Taken(octets.Length);
            session.ContentOctets += octets.Length;
            pace.Came(octets.Length);
            left -= octets.Length;
        }
        session.ContentOctets = null;
        Reply reply = refusal ?? (isLast ? Counted(await message!.Finish(), session.Transaction!.ChunkOctets) : Reply.Ok.WithText(string.Create(CultureInfo.InvariantCulture, $"Ok: {size} bytes")));
        if (isLast)
            session.EndTransaction();
        return reply;
    }

    private async ValueTask<Reply?> BeginChunks(long size)
    {
        if (Missing() is { } missing)
            return missing;
        Transaction transaction = session.Transaction!;
        if (transaction.Chunks is not null)
            return null;
        if (transaction.HasChunks)
            return new Reply(551, "5.0.0", string.Create(CultureInfo.InvariantCulture, $"Discarded {size} bytes after earlier error"));
        transaction.HasChunks = true;
        if (await surroundings.Access.Data(session, "BDAT") is { } restricted)
            return restricted;
        if (session.Milters is { } milters && await milters.Data("BDAT") is { } refusal)
            return refusal;
        transaction.Chunks = new IncomingMessage(surroundings, session, transaction, hasDots: false);
        return null;
    }

    // A chunk that cannot be of use; with it the message is over.
    private Reply? Refused(long size, bool isLast)
    {
        Transaction transaction = session.Transaction!;
        if (Options.MessageSizeLimit > 0 && size > Options.MessageSizeLimit - transaction.ChunkOctets)
        {
            surroundings.Log.BadChunk(session, "BDAT request", " exceeds message size limit");
            transaction.DropChunks();
            return new Reply(552, "5.3.4", "Chunk exceeds message size limit");
        }
        if (size == 0 && !isLast)
        {
            surroundings.Log.BadChunk(session, "null BDAT request", "");
            transaction.DropChunks();
            return new Reply(551, "5.7.1", "Null BDAT request");
        }
        transaction.ChunkOctets += size;
        return null;
    }

    private static Reply Counted(Reply reply, long octets) =>
        reply.IsRefusal ? reply : reply.WithText(string.Create(CultureInfo.InvariantCulture, $"Ok: {octets} bytes {reply.Text["Ok: ".Length..]}"));

    private Reply? Missing() => session.Transaction switch
    {
        null => new Reply(503, "5.5.1", "Error: need RCPT command"),
        { Recipients.Count: 0 } => new Reply(554, "5.5.1", "Error: no valid recipients"),
        _ => null,
    };

    /// <summary>The client may be slow, but not without end: smtpd_timeout for the first octets and for each pause, and smtpd_min_data_rate over all.</summary>
    private sealed class Pace(SmtpdOptions options, Ipc.LoopStream connection)
    {
        private Deadline _end = Deadline.In(options.Timeout);
        private long _octets;

        internal void Wait() => connection.Limit = options.MinimalDataRate > 0 ? _end : Deadline.Never;

        internal void Came(int octets)
        {
            if (options.MinimalDataRate == 0)
                return;
            // Each second's worth of octets buys a second more.
            _octets += octets;
            long seconds = _octets / options.MinimalDataRate;
            _octets -= seconds * options.MinimalDataRate;
            Deadline latest = Deadline.In(options.Timeout);
            Deadline later = _end.Later(TimeSpan.FromSeconds(seconds));
            _end = Deadline.Earlier(latest, later);
        }
    }
}
