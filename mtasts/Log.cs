using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.MtaSts;

namespace PostfixNet.Mtasts;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>A policy was fetched that is not what was known.</summary>
    internal void Fetched(KnownPolicy known) =>
        log.Info($"policy of {known.Domain}: mode={StsPolicy.WordFor(known.Policy.Mode)}, id={known.Id}, holds until {MailTime.ListingDate(known.Expires)}, mx={string.Join(' ', known.Policy.Mx.Take(10))}{(known.Policy.Mx.Count > 10 ? " ..." : "")}");

    /// <summary>A policy could not be fetched, and there is none.</summary>
    internal void NoPolicy(string domain, string reason) => log.Warning($"policy of {domain} not fetched: {PrintableText.Of(reason)}; mail goes as without one");

    /// <summary>The policy that is known could not be fetched anew (RFC 8461 section 3.3 wants administrators to know).</summary>
    internal void NotRefreshed(KnownPolicy known, string reason) =>
        log.Warning($"policy of {known.Domain} not fetched: {PrintableText.Of(reason)}; that of {MailTime.ListingDate(known.Fetched)} (mode={StsPolicy.WordFor(known.Policy.Mode)}) holds until {MailTime.ListingDate(known.Expires)}");

    internal void NotKept(string domain, string reason) => log.Warning($"policy of {domain} not kept: {reason}");

    internal void Full(int limit, string domain) => log.Warning($"policy of {domain} not kept: {limit} are kept already, all in use for long (mta_sts_cache_limit)");

    internal void Warning(string text) => log.Warning(PrintableText.Of(text));
}
