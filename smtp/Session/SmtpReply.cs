namespace PostfixNet.Smtp;

/// <summary>One reply of a server.</summary>
/// <param name="Code">Three digits of the last line.</param>
/// <param name="Status">Enhanced status code, RFC 3463: the server's if it is well-formed and of the reply's class, else
/// class.0.0; 5.5.0 for replies of no class that can end a command (1xx, 3xx, 6xx...).</param>
/// <param name="Lines">Lines as received, in order, codes included, unprintable octets as '?'.</param>
/// <param name="HasJunk">Lines that are not SMTP came first; they are part of <paramref name="Lines"/>.</param>
internal sealed record SmtpReply(int Code, string Status, IReadOnlyList<string> Lines, bool HasJunk)
{
    /// <summary>First digit of the code.</summary>
    internal int Class => Code / 100;

    /// <summary>The whole reply in one line.</summary>
    internal string Text => Lines.Count == 1 ? Lines[0] : string.Join(' ', Lines);
}
