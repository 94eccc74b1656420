using System.Text;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>Addresses from arguments and headers, as they go into the envelope.</summary>
/// <param name="completion">For local parts whose quotes would be lost.</param>
/// <param name="limit">line_length_limit: a longer record would be taken for damage.</param>
internal sealed class EnvelopeAddress(AddressCompletion completion, int limit)
{
    /// <summary>Internal form.</summary>
    /// <remarks>That has no quotes: where they kept a "@", "!" or "%" from having its meaning, the domain is added here.</remarks>
    /// <exception cref="SubmissionException">No queue file can hold it.</exception>
    internal string Of(HeaderAddress address) => Of(address.Route + (address.IsLocalPart ? Address.Complete(address, completion) : address.Address));

    /// <summary>An address that is in internal form.</summary>
    /// <exception cref="SubmissionException">No queue file can hold it.</exception>
    internal string Of(string address)
    {
        if (address.Contains('\0', StringComparison.Ordinal))
            throw new SubmissionException("an address has a NUL in it", ExitStatus.BadData);
        int length = ByteText.Encode(address).Length;
        if (length > limit)
            throw new SubmissionException($"an address is {length} bytes long; line_length_limit allows {limit}", ExitStatus.BadData);
        return address;
    }

    /// <summary>A name, or as much of it as fits into a record, on one line: no mail is lost for want of it.</summary>
    internal string Name(string name)
    {
        StringBuilder line = new();
        int length = 0;
        foreach (char c in name)
        {
            // A character takes three bytes at most, and half of a surrogate pair two of four.
            length += c < 0x80 ? 1 : 3;
            if (length > limit)
                break;
            line.Append(c is '\n' or '\r' ? ' ' : c);
        }
        return line.ToString();
    }
}
