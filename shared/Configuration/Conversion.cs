using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Reads values of parameters: one method for each kind there is. What cannot be read is an error that names the place,
/// what is there, and what is accepted.</summary>
internal static class Conversion
{
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
        RequireChoice(value, choices, text);
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
        return ValueText.TryReadPort(text, out long port)
            ? (int)InRange(value, port, 1, ushort.MaxValue) : throw value.Wrong($"\"{text}\" is not a port; {Accepted}");
    }

    /// <param name="unit">Of a bare number: s, m, h, d or w.</param>
    /// <param name="minimum">Seconds.</param>
    internal static TimeSpan Time(ParameterValue value, char unit, int minimum)
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
        return seconds >= minimum && seconds <= int.MaxValue ? TimeSpan.FromSeconds(seconds)
            : throw value.Wrong($"the time is out of range; accepted are {minimum}s to {int.MaxValue}s");
    }

    /// <summary>Words.</summary>
    /// <param name="choices">Which; null: any.</param>
    internal static IReadOnlyList<string> List(ParameterValue value, string[]? choices)
    {
        List<string> words = [];
        ValueText.Split(value.TextOr("give a list such as [\"a\", \"b\"] or \"a, b\"", number: true, array: true), words);
        foreach (string word in choices is null ? [] : words)
            RequireChoice(value, choices!, word);
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

    private static void RequireChoice(ParameterValue value, string[] choices, string text)
    {
        if (!choices.Contains(text, StringComparer.Ordinal))
            throw value.Wrong($"\"{text}\" is not accepted; give one of \"{string.Join("\", \"", choices.Where(choice => choice.Length > 0))}\"");
    }

    private static long InRange(ParameterValue value, long number, long minimum, long maximum) =>
        number >= minimum && number <= maximum ? number : throw value.Wrong(maximum is int.MaxValue or long.MaxValue
            ? $"{number} is out of range; give {minimum} or more" + (number > 0 ? $", up to {maximum}" : "")
            : $"{number} is out of range; accepted are {minimum} to {maximum}");
}
