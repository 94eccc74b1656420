using System.Buffers;
using PostfixNet.Configuration;

namespace PostfixNet.Cleanup;

/// <summary>Octets that content may not have: message_reject_characters, message_strip_characters.</summary>
internal sealed class UnwantedCharacters
{
    private readonly SearchValues<byte>? _refused, _removed;

    private UnwantedCharacters(SearchValues<byte>? refused, SearchValues<byte>? removed) => (_refused, _removed) = (refused, removed);

    /// <summary>The text without what is removed.</summary>
    /// <param name="kept">Room for a shorter text; grows as needed.</param>
    /// <exception cref="Refusal">It has what is refused.</exception>
    internal ReadOnlySpan<byte> Without(Message message, ReadOnlySpan<byte> text, ref byte[] kept)
    {
        if (_refused is not null && text.ContainsAny(_refused))
        {
            message.Log.Disallowed(message);
            throw new Refusal("disallowed character", status: "5.7.1");
        }
        if (_removed is null || !text.ContainsAny(_removed))
            return text;
        if (kept.Length < text.Length)
            kept = new byte[text.Length];
        int length = 0;
        foreach (byte octet in text)
        {
            if (!_removed.Contains(octet))
                kept[length++] = octet;
        }
        return kept.AsSpan(0, length);
    }

    /// <returns>null: all octets are welcome.</returns>
    /// <exception cref="ConfigurationException">A value is not understood.</exception>
    internal static UnwantedCharacters? Read(MainConfig config)
    {
        SearchValues<byte>? refused = Set(config, Parameters.MessageRejectCharacters), removed = Set(config, Parameters.MessageStripCharacters);
        return refused is null && removed is null ? null : new UnwantedCharacters(refused, removed);
    }

    private static SearchValues<byte>? Set(MainConfig config, Parameter<string> parameter)
    {
        byte[] octets = CharacterEscapes.Decode(config.Get(parameter)) ?? throw config.Refuse(parameter, @"ends with a backslash; give e.g. '\0' (in single quotes)");
        return octets.Length == 0 ? null : SearchValues.Create(octets);
    }
}
