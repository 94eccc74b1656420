using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Dns;

/// <summary>The configured name servers, and which of them is asked first.</summary>
internal sealed class NameServers(ResolverOptions options)
{
    private int _first;

    /// <summary>How many of the configured servers are asked.</summary>
    internal static int Count(ResolverOptions options) => Math.Min(options.Servers.Count, ResolverOptions.MaxServers);

    /// <summary>Asks several questions at the same time.</summary>
    /// <param name="chains">The next name of each; up to 16.</param>
    /// <param name="end">Of all waiting.</param>
    /// <returns>For each a usable response; or null, and why.</returns>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    internal IReadOnlyList<(DnsResponse? Response, DnsStatus Failure)> Ask(IReadOnlyList<AliasChain> chains, Deadline end)
    {
        int first = options.Rotate ? Interlocked.Increment(ref _first) & int.MaxValue : Volatile.Read(ref _first);
        PendingQuestion[] questions = [.. chains.Select(chain => new PendingQuestion(chain.Name, chain.Type, options, first, end))];
        try
        {
            Run([.. questions]);
        }
        finally
        {
            foreach (PendingQuestion question in questions)
                question.Dispose();
        }
        // A dead first server costs its timeout once, not with each question.
        if (!options.Rotate && Array.FindLast(questions, static q => q.Response is not null) is { } answered)
            Volatile.Write(ref _first, answered.Server);
        return [.. questions.Select(static q => (q.Response, q.Failure))];
    }

    private void Run(List<PendingQuestion> open)
    {
        while (true)
        {
            open.RemoveAll(static q => q.Socket is null && !q.Send());
            if (open.Count == 0)
                return;
            int milliseconds = open.Min(static q => q.Deadline.RemainingMilliseconds);
            (_, bool word) = Descriptor.WaitAny([.. open.Select(static q => q.Socket)], Readiness.Readable, milliseconds, options.Stop.Line);
            if (word)
                options.Stop.ThrowIfStopping();
            foreach (PendingQuestion question in open)
                question.Receive();
        }
    }
}
