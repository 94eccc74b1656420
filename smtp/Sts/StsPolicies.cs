using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Native;

namespace PostfixNet.Smtp.Sts;

/// <summary>Which MTA-STS policy holds for a next hop (RFC 8461): the service mtasts knows, and where it does not answer the policies that it keeps.</summary>
/// <param name="ask">Asks the service.</param>
/// <param name="kept">What it keeps.</param>
internal sealed class StsPolicies(Func<PolicyQuestion, PolicyAnswer> ask, PolicyFiles kept, TimeProvider clock, Log log)
{
    // A service that hangs makes each question wait for its time limit. One that has ended is there again at once.
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(1), s_longWait = TimeSpan.FromSeconds(1);

    private long? _silentSince;
    private string _silence = "";

    /// <summary>The policy of the domain whose mail exchangers are looked up; never that of a name that its records lead to.</summary>
    /// <returns>What holds: no policy, too, where it asks for nothing.</returns>
    internal StsAnswer For(NextHop hop)
    {
        if (!hop.UsesMx || DomainName.ToAscii(hop.Domain)?.ToLowerInvariant() is not { } domain || !StsDomain.IsUsable(domain))
            return StsAnswer.None;
        KnownPolicy? known;
        TlsFinding? lack = null;
        bool isUnknown;
        long began = clock.GetTimestamp();
        try
        {
            if (_silentSince is { } since && clock.GetElapsedTime(since) < s_rest)
                throw new IpcException(_silence);
            _silentSince = null;
            PolicyAnswer answer = ask(new PolicyQuestion(domain, Refresh: false));
            known = answer.Known;
            isUnknown = known is null && answer.Trouble is not null;
            // What is known holds, and reports are about that.
            if (known is null && answer.Fault is { } fault)
                lack = TlsFinding.OfLack(domain, fault, answer.Trouble ?? "");
        }
        catch (IpcException e)
        {
            if (_silentSince is null && clock.GetElapsedTime(began) >= s_longWait)
                (_silentSince, _silence) = (clock.GetTimestamp(), e.Message);
            // A domain is not to lose its protection by a mishap on our side, and mail of those that have none is not to wait for it.
            known = Kept(domain);
            isUnknown = known is null;
            log.StsNotAnswered(domain, e.Message, known);
        }
        return new StsAnswer(known is { Policy.Mode: StsMode.None } ? null : known, isUnknown, lack);
    }

    private KnownPolicy? Kept(string domain)
    {
        try
        {
            return kept.Read(domain) is { } known && !known.IsExpired(clock.GetUtcNow().ToUnixTimeSeconds()) ? known : null;
        }
        catch (SystemCallException e)
        {
            log.Warning(e.Message);
            return null;
        }
    }
}
