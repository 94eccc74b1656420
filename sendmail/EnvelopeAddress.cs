using PostfixNet.Mail;

namespace PostfixNet.Sendmail;

/// <summary>Addresses from arguments and headers, as they go into the envelope.</summary>
internal static class EnvelopeAddress
{
    /// <summary>Internal form.</summary>
    /// <remarks>That has no quotes: where they kept a "@", "!" or "%" from having its meaning, the domain is added here.</remarks>
    /// <exception cref="SubmissionException">No queue file can hold it.</exception>
    internal static string Of(HeaderAddress address, AddressCompletion completion)
    {
        if (address.Address.Contains('\0', StringComparison.Ordinal))
            throw new SubmissionException("an address has a NUL in it");
        return address.IsLocalPart ? Address.Complete(address, completion) : address.Address;
    }
}
