namespace PostfixNet.Dkim;

/// <summary>A list of tags, "a=1; b=2", RFC 6376 section 3.2: what signatures and key records are made of.</summary>
public sealed class TagList
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private TagList()
    {
    }

    /// <summary>Reads one; null: it is none, or has a tag twice.</summary>
    /// <param name="text">Folded or not.</param>
    public static TagList? Parse(string text)
    {
        TagList list = new();
        foreach (Range range in text.AsSpan().Split(';'))
        {
            ReadOnlySpan<char> spec = Trim(text.AsSpan(range));
            if (spec.IsEmpty)
            {
                // A semicolon may end the list.
                if (range.End.GetOffset(text.Length) < text.Length)
                    return null;
                continue;
            }
            int equals = spec.IndexOf('=');
            if (equals <= 0 || !list._values.TryAdd(Trim(spec[..equals]).ToString(), Trim(spec[(equals + 1)..]).ToString()))
                return null;
        }
        return list;
    }

    /// <summary>The value of a tag, blanks around it left out; null: it is not there.</summary>
    public string? this[string tag] => _values.GetValueOrDefault(tag);

    /// <summary>The words of a value with colons between them; null: it is not there.</summary>
    public IReadOnlyList<string>? Words(string tag) => this[tag]?.Split(':', StringSplitOptions.TrimEntries);

    private static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(" \t\r\n");
}
