using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Keeps secrets out of what is shown of a server's words: a server knows what it was told, and may repeat it.</summary>
internal sealed class Redaction
{
    private const string Mask = "<hidden>";

    private readonly List<string> _secrets = [];

    /// <summary>Hides a password or token from now on: as it is, in hexadecimal, and in base64 wherever it lies between
    /// other octets.</summary>
    internal void AddSecret(string secret)
    {
        byte[] octets = ByteText.Encode(secret);
        Add(secret);
        Add(Convert.ToHexString(octets));
        for (int shift = 0; shift < 3; shift++)
        {
            // Characters that also depend on the octets around are left out.
            string text = Convert.ToBase64String([.. new byte[shift], .. octets]).TrimEnd('=');
            int first = shift == 0 ? 0 : shift + 1;
            int end = (shift + octets.Length) % 3 == 0 ? text.Length : text.Length - 1;
            if (end - first >= 4)
                Add(text[first..end]);
        }
    }

    /// <summary>Hides a response as it was sent.</summary>
    internal void AddResponse(string base64)
    {
        if (base64.Length >= 4)
            Add(base64.TrimEnd('='));
    }

    /// <summary>The text without secrets.</summary>
    internal string Apply(string text)
    {
        foreach (string secret in _secrets)
            text = text.Replace(secret, Mask, StringComparison.OrdinalIgnoreCase);
        return text;
    }

    /// <summary>The reply without secrets; its codes stay as they are.</summary>
    internal SmtpReply Apply(SmtpReply reply)
    {
        const int CodeLength = 4;
        string[] lines = new string[reply.Lines.Count];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = reply.Lines[i];
            lines[i] = line.Length <= CodeLength ? line : line[..CodeLength] + Apply(line[CodeLength..]);
        }
        return reply with { Lines = lines };
    }

    // The longest first: a part that is hidden would uncover the rest.
    private void Add(string secret)
    {
        if (secret.Length == 0 || _secrets.Contains(secret))
            return;
        int at = 0;
        while (at < _secrets.Count && _secrets[at].Length >= secret.Length)
            at++;
        _secrets.Insert(at, secret);
    }
}
