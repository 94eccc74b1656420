using PostfixNet.Mail;

namespace PostfixNet.Queue;

/// <summary>Deliveries that an operator has stopped: those that fit all that is given; nothing given: all deliveries.</summary>
/// <param name="Transport">Name of a delivery service; null: any.</param>
/// <param name="Destination">A next hop, its host, or a recipient's domain, lower case; ".domain" means all below it. null: any.</param>
/// <param name="Sender">Address, domain, or "&lt;&gt;" for the null sender, lower case; null: any.</param>
/// <param name="Since">Seconds since 1970.</param>
public sealed record Pause(string? Transport, string? Destination, string? Sender, long Since)
{
    /// <summary>The words of the command, e.g. "transport relay from news@example.com".</summary>
    public const string Accepted = "[transport NAME] [destination DOMAIN|NEXTHOP] [from ADDRESS|DOMAIN]";
    private const int LongestWord = 512;

    /// <summary>All deliveries.</summary>
    public bool IsEverything => Transport is null && Destination is null && Sender is null;

    /// <summary>A pause from its words.</summary>
    /// <returns>null when they are not understood.</returns>
    public static Pause? Parse(ReadOnlySpan<string> words, long since)
    {
        Pause pause = new(null, null, null, since);
        for (int i = 0; i < words.Length; i += 2)
        {
            if (i + 1 == words.Length || !IsWord(words[i + 1]))
                return null;
            string value = words[i + 1];
            switch (words[i])
            {
                case "transport" when pause.Transport is null:
                    pause = pause with { Transport = value };
                    break;
                case "destination" when pause.Destination is null:
                    pause = pause with { Destination = value.ToLowerInvariant() };
                    break;
                case "from" when pause.Sender is null:
                    pause = pause with { Sender = value.ToLowerInvariant() };
                    break;
                default:
                    return null;
            }
        }
        return pause;
    }

    private static bool IsWord(string word)
    {
        foreach (char c in word)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c) || c == '\ufffd')
                return false;
        }
        return word.Length is > 0 and <= LongestWord;
    }

    /// <summary>Whether a delivery is stopped by it.</summary>
    /// <param name="transport">Its transport.</param>
    /// <param name="nextHop">Lower case.</param>
    /// <param name="sender">Envelope sender, internal form.</param>
    /// <param name="recipient">Address, internal form.</param>
    public bool Fits(string transport, string nextHop, string sender, string recipient) =>
        (Transport is null || Transport == transport)
        && (Destination is null || IsDestination(nextHop) || IsDestination(HostOf(nextHop)) || IsDestination(Lower(Address.DomainOf(recipient))))
        && (Sender is null || IsSender(Lower(sender)));

    private bool IsDestination(string name) =>
        name == Destination || (Destination![0] == '.' && name.EndsWith(Destination, StringComparison.Ordinal));

    private bool IsSender(string sender) =>
        sender.Length == 0 ? Sender == "<>" : sender == Sender || Lower(Address.DomainOf(sender)) == Sender;

    /// <summary>"[host]:port" and "host:port" without what surrounds the host.</summary>
    public static string HostOf(string nextHop)
    {
        if (nextHop.StartsWith('['))
            return nextHop.IndexOf(']', StringComparison.Ordinal) is > 0 and int end ? nextHop[1..end] : nextHop;
        return nextHop.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? nextHop[..colon] : nextHop;
    }

    private static string Lower(string text) => text.ToLowerInvariant();

    /// <summary>Its words; "all deliveries" when there are none.</summary>
    public override string ToString() => IsEverything ? "all deliveries" : Words();

    internal string Words()
    {
        string text = "";
        if (Transport is not null)
            text += $" transport {Transport}";
        if (Destination is not null)
            text += $" destination {Destination}";
        if (Sender is not null)
            text += $" from {Sender}";
        return text.TrimStart();
    }
}
