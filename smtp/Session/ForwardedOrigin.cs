using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Writes XFORWARD commands: a server that knows this system, such as a content filter, gets to know the client
/// from which the message came.</summary>
internal static class ForwardedOrigin
{
    // Without CR LF: RFC 5321 section 4.5.3.1.4.
    private const int LongestCommand = 510;

    /// <summary>Name and address; null when there is nothing to say that the server wants to know.</summary>
    internal static string? Client(MessageOrigin origin, ServerFeatures features) => Command(features,
        ("NAME", Known(origin.ClientName)), ("ADDR", Known(origin.ClientAddress)), ("PORT", Known(origin.ClientPort)));

    /// <summary>Protocol and the rest; likewise.</summary>
    internal static string? Protocol(MessageOrigin origin, ServerFeatures features) => Command(features,
        ("PROTO", Known(origin.Protocol)), ("HELO", origin.HeloName), ("IDENT", origin.Identity),
        ("SOURCE", origin.IsRemote ? "REMOTE" : "LOCAL"));

    // What is left out the server takes as unknown. Nothing that a hostile client called itself makes a line too long.
    private static string? Command(ServerFeatures features, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        StringBuilder command = new("XFORWARD");
        int empty = command.Length;
        foreach ((string name, string value) in attributes)
        {
            if (value.Length == 0 || !features.WantsOrigin(name))
                continue;
            string encoded = Xtext.Encode(value);
            if (command.Length + name.Length + encoded.Length + 2 <= LongestCommand)
                command.Append(' ').Append(name).Append('=').Append(encoded);
        }
        return command.Length == empty ? null : command.ToString();
    }

    private static string Known(string value) => value.Equals("unknown", StringComparison.OrdinalIgnoreCase) ? "" : value;
}
