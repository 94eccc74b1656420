using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads values of parameters: one method for each kind there is. What cannot be read is an error that names the place,
/// what is there, and what is accepted.</summary>
internal static class Conversion
{
    private const int LongestOriginFile = 4096;
    private static readonly System.Buffers.SearchValues<char> s_notInAddress = System.Buffers.SearchValues.Create(" \t,;<>()[]\\\"");

    /// <summary>One line of text.</summary>
    internal static string Text(ParameterValue value)
    {
        if (value.Node is not (null or TomlString or TomlInteger or TomlFloat))
            throw value.Wrong($"{value.Node.WithArticle} is not accepted; give text in quotes");
        string text = value.Text;
        // Values go into headers, SMTP commands and log lines.
        return text.Any(c => char.IsControl(c) && c != '\t')
            ? throw value.Wrong("the text contains a control character; give one line of text") : text;
    }

    /// <summary>Text with rules of its own.</summary>
    /// <param name="isGood">The text is one of those.</param>
    /// <param name="accepted">For the message: what is.</param>
    internal static string Text(ParameterValue value, Predicate<string> isGood, string accepted)
    {
        string text = Text(value);
        return isGood(text) ? text : throw value.Wrong($"\"{text}\" {accepted}");
    }

    /// <summary>A host or domain name.</summary>
    internal static string HostName(ParameterValue value) => Text(value, ParameterTexts.IsHostName, "is not a host name; give e.g. \"mail.example.com\"");

    /// <summary>A domain, or the path of a file whose first line is one, as Debian's /etc/mailname; empty: none.</summary>
    internal static string Origin(ParameterValue value)
    {
        string text = Text(value);
        if (text.Length == 0 || ParameterTexts.IsHostName(text))
            return text;
        if (text[0] != '/')
            throw value.Wrong($"\"{text}\" is not a domain; give e.g. \"example.com\", or the path of a file that holds one");
        string line;
        try
        {
            line = ByteText.Decode(FileSystem.ReadAll(text, LongestOriginFile, out _)).Split('\n', 2)[0].Trim();
        }
        catch (SystemCallException e)
        {
            throw value.Wrong($"{text} cannot be read: {e.Reason}");
        }
        return ParameterTexts.IsHostName(line) ? line : throw value.Wrong($"the first line of {text} is not a domain");
    }

    /// <summary>One mail address, complete or not; empty: none.</summary>
    internal static string MailAddress(ParameterValue value) => Text(value, static text => text.Length == 0
        || (text.Length <= 1000 && !text.AsSpan().ContainsAny(s_notInAddress) && text[0] != '@' && text[^1] != '@' && text.AsSpan().Count('@') <= 1),
        "is not an address; give one, without name and brackets: \"admin@example.com\"");

    /// <summary>Places that mail is sent to: see <see cref="HostAndPort"/>; also unix:path, of LMTP.</summary>
    internal static IReadOnlyList<string> NextHops(ParameterValue value)
    {
        IReadOnlyList<string> hops = List(value, null);
        return hops.FirstOrDefault(static hop => !IsNextHop(hop)) is { } wrong ? throw value.Wrong(NoNextHop(wrong)) : hops;
    }

    /// <summary>A transport, with a next hop or without: "smtp", "smtp:[mail.example.com]", "error:text"; empty: none.</summary>
    internal static string RawText(ParameterValue value) => value.Node is TomlString text ? text.Value : Text(value);

    internal static string Transport(ParameterValue value)
    {
        string text = Text(value);
        return WrongNextHop(text) is { } hop ? throw value.Wrong(NoNextHop(hop)) : text;
    }

    /// <summary>The next hop in a value such as "smtp:[mail.example.com]" that cannot be understood; null: none.</summary>
    internal static string? WrongNextHop(string transport)
    {
        int colon = transport.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || BuiltInTransports.Find(transport[..colon]) is not null)
            return null;
        List<string> hops = [];
        ValueText.Split(transport[(colon + 1)..], hops);
        return hops.Find(static hop => !IsNextHop(hop));
    }

    internal static string NoNextHop(string hop) =>
        $"\"{hop}\" is not a destination; give \"example.com\", \"[mail.example.com]\", \"[mail.example.com]:587\" or \"[192.0.2.1]\"";

    private static bool IsNextHop(string text)
    {
        if (text.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
            return text.Length > 5;
        if (HostAndPort.Parse(text) is not { } place)
            return false;
        return place.Address is not null || (!HostAndPort.LooksLikeIPv4(place.Host) && ParameterTexts.IsHostName(place.Host));
    }

    /// <summary>A path from the root.</summary>
    internal static string AbsolutePath(ParameterValue value) =>
        Text(value, static text => text.StartsWith('/'), "is not a path from the root; give one that begins with \"/\"");

    /// <summary>The directory that main.toml is in: nothing else can be said of it there.</summary>
    internal static string ThisDirectory(ParameterValue value) => value.Node is null || value.Config.Texts.TextOf(value.Name, value.Node) == value.Text
        ? value.Text : throw value.Wrong("cannot be set: it is where this file is; leave it out");

    /// <summary>One of a few words.</summary>
    internal static string Choice(ParameterValue value, string[] choices)
    {
        string text = Text(value);
        RequireChoice(value, choices, text, StringComparer.Ordinal);
        return text;
    }

    internal static bool Flag(ParameterValue value)
    {
        if (value.Node is TomlBoolean flag)
            return flag.Value;
        const string Accepted = "give true or false";
        string text = value.TextOr(Accepted);
        return text.ToLowerInvariant() switch
        {
            "yes" or "true" => true,
            "no" or "false" => false,
            _ => throw value.Wrong($"\"{text}\" is not accepted; {Accepted}"),
        };
    }

    /// <summary>A whole number.</summary>
    internal static long Number(ParameterValue value, long minimum, long maximum)
    {
        const string Accepted = "give a whole number";
        if (value.Node is TomlInteger integer)
            return InRange(value, integer.Value, minimum, maximum);
        string text = value.TextOr(Accepted);
        return long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long number)
            ? InRange(value, number, minimum, maximum) : throw value.Wrong($"\"{text}\" is not a number; {Accepted}");
    }

    /// <summary>A TCP port, by number or by the name of a mail service.</summary>
    internal static int Port(ParameterValue value)
    {
        const string Accepted = "give a port number, or \"smtp\", \"lmtp\", \"smtps\", \"submission\"";
        if (value.Node is TomlInteger integer)
            return (int)InRange(value, integer.Value, 1, ushort.MaxValue);
        string text = value.TextOr(Accepted);
        if (ServicePort.Parse(text) is { } port)
            return port;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? (int)InRange(value, number, 1, ushort.MaxValue) : throw value.Wrong($"\"{text}\" is not a port; {Accepted}");
    }

    /// <param name="unit">Of a bare number: s, m, h, d or w.</param>
    /// <param name="minimum">Seconds.</param>
    /// <param name="maximum">Seconds.</param>
    internal static TimeSpan Time(ParameterValue value, char unit, int minimum, int maximum)
    {
        const string Accepted = $"give {ValueText.AcceptedTimes}";
        long seconds;
        if (value.Node is TomlInteger integer)
        {
            long scale = ValueText.SecondsOf(unit);
            seconds = Math.Clamp(integer.Value, long.MinValue / scale, long.MaxValue / scale) * scale;
        }
        else
        {
            string text = value.TextOr(Accepted);
            if (!ValueText.TryReadTime(text, unit, out seconds))
                throw value.Wrong($"\"{text}\" is not a time; {Accepted}");
        }
        return seconds >= minimum && seconds <= maximum ? TimeSpan.FromSeconds(seconds)
            : throw value.Wrong($"the time is out of range; accepted are {minimum}s to {maximum}s");
    }

    /// <summary>Words.</summary>
    /// <param name="choices">Which, in whatever letter case; null: any.</param>
    internal static IReadOnlyList<string> List(ParameterValue value, string[]? choices)
    {
        List<string> words = [];
        ValueText.Split(value.TextOr("give a list such as [\"a\", \"b\"] or \"a, b\"", number: true, array: true), words);
        foreach (string word in choices is null ? [] : words)
            RequireChoice(value, choices!, word, StringComparer.OrdinalIgnoreCase);
        return words;
    }

    /// <summary>An IP address, in brackets or not; <see cref="IPAddress.None"/> when the value is empty.</summary>
    internal static IPAddress Address(ParameterValue value, AddressFamily family)
    {
        string text = Text(value);
        if (text.Length == 0)
            return IPAddress.None;
        return IPAddress.TryParse(text.Trim('[', ']'), out IPAddress? address) && address.AddressFamily == family ? address
            : throw value.Wrong($"\"{text}\" is not an {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")} address");
    }

    private static void RequireChoice(ParameterValue value, string[] choices, string text, StringComparer comparer)
    {
        if (!choices.Contains(text, comparer))
            throw value.Wrong($"\"{text}\" is not accepted; give one of \"{string.Join("\", \"", choices.Where(choice => choice.Length > 0))}\"");
    }

    private static long InRange(ParameterValue value, long number, long minimum, long maximum) =>
        number >= minimum && number <= maximum ? number : throw value.Wrong(maximum is int.MaxValue or long.MaxValue
            ? $"{number} is out of range; give {minimum} or more" + (number > 0 ? $", up to {maximum}" : "")
            : $"{number} is out of range; accepted are {minimum} to {maximum}");
}
