using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>XCLIENT and XFORWARD, by which hosts that may (smtpd_authorized_xclient_hosts, smtpd_authorized_xforward_hosts) tell who the client is, or was
/// before them: Postfix's XCLIENT_README and XFORWARD_README.</summary>
internal sealed class ClientCommands(Surroundings surroundings, Session session)
{
    internal const string ClientFeature = "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT", ForwardFeature = "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT";

    private const int LongestValue = 255;
    private const string Unavailable = "[UNAVAILABLE]", Temporary = "[TEMPUNAVAIL]";

    private SmtpdOptions Options => surroundings.Options;

    /// <summary>The session may use XCLIENT.</summary>
    internal static bool MayTellClient(SmtpdOptions options, Session session) => options.ClientTellers.Contains(session.Client.Name, session.Client.AddressOrLoopback);

    /// <summary>It may use XFORWARD.</summary>
    internal static bool MayForward(SmtpdOptions options, Session session) => options.Forwarders.Contains(session.Client.Name, session.Client.AddressOrLoopback);

    internal async ValueTask<Reply> XClient(CommandLine line)
    {
        if (Forbidden(line, "XCLIENT", MayTellClient(Options, session)) is { } refusal)
            return refusal;
        Claim claim = new(session.Client);
        foreach (string word in Words(line))
        {
            if (Read(word, out string name, out string value) is { } problem)
                return problem;
            if (claim.Take(name, value) is { } wrong)
                return wrong;
        }
        // The client begins anew, and so does all that was known of it.
        session.EndTransaction();
        await surroundings.Events.Disconnect(session);
        session.Client = claim.Client;
        session.Helo = claim.Helo;
        (session.Protocol, session.IsExtended) = (claim.Protocol, claim.Protocol == "ESMTP");
        session.Login = claim.Login is { } user ? new LoginInfo("XCLIENT", user) : null;
        (session.DeferAfterClient, session.DeferAfterHelo) = (null, null);
        if (await surroundings.Events.Connect(session, Options) is { } tooMany)
            return tooMany with { IsLast = true };
        Reply? denied = await surroundings.Access.Connect(session, "XCLIENT");
        session.IsDenied = denied is not null;
        if (denied is not null)
            return denied;
        if (session.Milters is { } former)
            await former.Close();
        session.Milters = surroundings.Milters is { } service ? await service.For(session) : null;
        return session.Milters is { } milters && await milters.Connect("CONNECT") is { Code: 421 } unwanted ? unwanted : new Reply(220, "", Options.Banner);
    }

    internal ValueTask<Reply> XForward(CommandLine line)
    {
        if (Forbidden(line, "XFORWARD", MayForward(Options, session)) is { } refusal)
            return new(refusal);
        ForwardedClient forwarded = session.Forwarded ?? new ForwardedClient { Name = ClientInfo.Unknown, Address = ClientInfo.Unknown, Port = ClientInfo.Unknown, Protocol = ClientInfo.Unknown };
        foreach (string word in Words(line))
        {
            if (Read(word, out string name, out string value) is { } problem)
                return new(problem);
            bool isKnown = !value.Equals(Unavailable, StringComparison.OrdinalIgnoreCase);
            switch (name)
            {
                case "NAME" when !isKnown || IsHostName(value):
                    forwarded = forwarded with { Name = isKnown ? value : ClientInfo.Unknown };
                    break;
                case "ADDR" when !isKnown || AddressOf(value) is not null:
                    forwarded = forwarded with { Address = isKnown ? Tagged(AddressOf(value)!) : ClientInfo.Unknown };
                    break;
                case "PORT" when !isKnown || PortOf(value) is not null:
                    forwarded = forwarded with { Port = isKnown ? value : ClientInfo.Unknown };
                    break;
                case "HELO":
                    forwarded = forwarded with { Helo = isKnown ? PrintableText.Neutral(value) : "" };
                    break;
                case "PROTO" when value.Length <= 64:
                    forwarded = forwarded with { Protocol = isKnown ? PrintableText.Neutral(value) : ClientInfo.Unknown };
                    break;
                case "IDENT":
                    forwarded = forwarded with { Identity = isKnown ? PrintableText.Neutral(value) : "" };
                    break;
                case "SOURCE" when !isKnown || value.ToUpperInvariant() is "LOCAL" or "REMOTE":
                    forwarded = forwarded with { Source = isKnown ? value.ToLowerInvariant() : "local" };
                    break;
                case "NAME" or "ADDR" or "PORT" or "PROTO" or "SOURCE":
                    return new(Bad(name, value));
                default:
                    return new(new Reply(501, "5.5.4", $"Bad XFORWARD attribute name: {name}"));
            }
        }
        session.Forwarded = forwarded;
        return new(Reply.Ok);
    }

    private Reply? Forbidden(CommandLine line, string command, bool isAllowed) =>
        session.Transaction is not null ? new Reply(503, "5.5.1", "Error: MAIL transaction in progress")
        : line.Argument.Length == 0 ? new Reply(501, "5.5.4", $"Syntax: {command} attribute=value...")
        : !isAllowed ? new Reply(550, "5.7.0", "Error: insufficient authorization") : null;

    private static string[] Words(CommandLine line) => line.Argument.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static Reply? Read(string word, out string name, out string value)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        (name, value) = equals < 0 ? (word, "") : (word[..equals].ToUpperInvariant(), word[(equals + 1)..]);
        if (value.Length == 0)
            return new Reply(501, "5.5.4", "Error: attribute=value expected");
        if (value.Length > LongestValue)
            return new Reply(501, "5.5.4", "Error: attribute value too long");
        // Who does not encode is taken at his word.
        value = PrintableText.Of(Xtext.Decode(value) ?? value);
        return null;
    }

    private static Reply Bad(string name, string value) => new(501, "5.5.4", $"Bad {name} syntax: {value}");

    private static bool IsHostName(string name) => ByteText.IsAscii(name) && DomainName.IsMailDomain(name) && !name.StartsWith('[');

    // RFC 5321 section 4.1.3: only with its tag is it an address of IPv6.
    private static IPAddress? AddressOf(string text) => text.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase)
        ? OfFamily(text[5..], AddressFamily.InterNetworkV6) : OfFamily(text, AddressFamily.InterNetwork);

    private static IPAddress? OfFamily(string text, AddressFamily family) => HostAndPort.AddressIn(text) is { } address && address.AddressFamily == family ? address : null;

    private static string Tagged(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"IPv6:{address}" : address.ToString();

    private static int? PortOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue ? port : null;

    /// <summary>Who the client is said to be.</summary>
    private sealed class Claim(ClientInfo client)
    {
        internal ClientInfo Client { get; private set; } = client;

        internal string? Helo { get; private set; }

        internal string Protocol { get; private set; } = "SMTP";

        internal string? Login { get; private set; }

        internal Reply? Take(string name, string value)
        {
            bool isTemporary = value.Equals(Temporary, StringComparison.OrdinalIgnoreCase), isKnown = !isTemporary && !value.Equals(Unavailable, StringComparison.OrdinalIgnoreCase);
            switch (name)
            {
                case "NAME" when !isKnown:
                    Client = Client with { Name = ClientInfo.Unknown, IsNameTemporary = isTemporary };
                    return null;
                case "NAME" when IsHostName(value):
                    Client = Client with { Name = value, ReverseName = value, IsNameTemporary = false, IsReverseNameTemporary = false };
                    return null;
                case "REVERSE_NAME" when !isKnown || IsHostName(value):
                    Client = Client with { ReverseName = isKnown ? value : ClientInfo.Unknown, IsReverseNameTemporary = isTemporary };
                    return null;
                case "ADDR" when !isKnown:
                    // Nobody's: it is in no network.
                    Client = Client with { Address = IPAddress.Any, Uid = null };
                    return null;
                case "ADDR" when AddressOf(value) is { } address:
                    Client = Client with { Address = address, Uid = null };
                    return null;
                case "PORT" when !isKnown || PortOf(value) is not null:
                    Client = Client with { Port = isKnown ? PortOf(value)!.Value : 0 };
                    return null;
                case "HELO":
                    Helo = isKnown ? PrintableText.Neutral(value) : null;
                    return null;
                case "PROTO" when value.ToUpperInvariant() is "SMTP" or "ESMTP":
                    Protocol = value.ToUpperInvariant();
                    return null;
                case "LOGIN":
                    Login = isKnown ? value : null;
                    return null;
                case "DESTADDR" when !isKnown || AddressOf(value) is not null:
                    Client = Client with { Server = new IPEndPoint(isKnown ? AddressOf(value)! : IPAddress.Any, Client.Server?.Port ?? 0) };
                    return null;
                case "DESTPORT" when !isKnown || PortOf(value) is not null:
                    Client = Client with { Server = new IPEndPoint(Client.Server?.Address ?? IPAddress.Any, isKnown ? PortOf(value)!.Value : 0) };
                    return null;
                case "NAME" or "REVERSE_NAME" or "ADDR" or "PORT" or "PROTO" or "DESTADDR" or "DESTPORT":
                    return Bad(name, value);
                default:
                    return new Reply(501, "5.5.4", $"Bad XCLIENT attribute name: {name}");
            }
        }
    }
}
