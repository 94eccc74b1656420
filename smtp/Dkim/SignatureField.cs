using System.Text;

namespace PostfixNet.Smtp;

/// <summary>Writes a DKIM-Signature field, folded so that its lines are no longer than 78 octets where its values allow (RFC 6376 section 3.5).</summary>
internal sealed class SignatureField
{
    private const int Width = 76;

    private readonly StringBuilder _text = new(Signing.HeaderNameOfSignature + ":");
    private int _column = Signing.HeaderNameOfSignature.Length + 1;

    /// <summary>Adds a tag.</summary>
    internal void Add(string tag, string value) => Word($" {tag}={value};");

    /// <summary>Adds a tag whose value is a list with colons.</summary>
    internal void Add(string tag, IReadOnlyList<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            string word = $"{words[i]}{(i + 1 < words.Count ? ":" : ";")}";
            if (i == 0)
                Word($" {tag}={word}");
            else
                Glue(word);
        }
    }

    /// <summary>The field with b= at its end, without value: what is signed.</summary>
    internal byte[] Unsigned()
    {
        Word(" b=");
        return Encoding.ASCII.GetBytes(_text.ToString());
    }

    /// <summary>The field with its signature, once <see cref="Unsigned"/> has been asked for; CR LF between its lines.</summary>
    internal byte[] Signed(byte[] signature)
    {
        foreach (char[] part in Convert.ToBase64String(signature).Chunk(Width - 4))
            Glue(new string(part));
        return Encoding.ASCII.GetBytes(_text.ToString());
    }

    // Begins with a blank, which becomes that of the next line.
    private void Word(string word)
    {
        if (_column + word.Length > Width)
        {
            _text.Append("\r\n");
            _column = 0;
        }
        _text.Append(word);
        _column += word.Length;
    }

    // Between this and what is before it, blanks do not count.
    private void Glue(string word)
    {
        if (_column + word.Length > Width)
        {
            _text.Append("\r\n ");
            _column = 1;
        }
        _text.Append(word);
        _column += word.Length;
    }
}
