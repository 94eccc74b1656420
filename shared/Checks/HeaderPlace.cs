using System.Text;

namespace PostfixNet.Checks;

/// <summary>Where a header stands, which decides about the table that is asked about it.</summary>
public enum HeaderPlace
{
    /// <summary>Among those of the message itself.</summary>
    Message,
    /// <summary>Among those of a part, RFC 2046 section 5.1; or it is one of MIME, wherever it stands.</summary>
    Part,
    /// <summary>Among those of a message within the message, RFC 2046 section 5.2.1.</summary>
    Nested,
}

/// <summary>Which headers are MIME's.</summary>
public static class MimeHeaders
{
    private static readonly string[] s_names = ["content-type", "content-transfer-encoding", "mime-version", "content-disposition", "content-id", "content-description"];

    /// <summary>The place that counts for a header.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="place">Where it stands.</param>
    public static HeaderPlace PlaceOf(ReadOnlySpan<byte> name, HeaderPlace place)
    {
        foreach (string known in s_names)
        {
            if (Ascii.EqualsIgnoreCase(name, known))
                return HeaderPlace.Part;
        }
        return place;
    }
}
