using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>A program of master.toml is asked what it would do with its settings: only it knows, and it says what it does.</summary>
internal static class ProgramQuestion
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <param name="question">In words of the program's own.</param>
    /// <param name="limit">For the answer; 30 seconds.</param>
    /// <exception cref="ConfigurationException">It cannot say.</exception>
    internal static IReadOnlyList<Fact> Ask(string directory, MasterSettings settings, ServiceEntry service, IReadOnlyList<string> question, TimeSpan? limit = null)
    {
        ServiceCommandLine line = new(directory, [service.Name], IsCheck: false, service.Arguments) { Question = question };
        (Descriptor answer, Descriptor theirs) = Descriptor.Pair();
        using (answer)
        {
            ChildProcess process;
            using (theirs)
            using (Descriptor nothing = Descriptor.OpenDevNull())
            {
                process = ChildProcess.Start(Path.Join(settings.Programs, service.Command), line.ToWords(), ChildEnvironment.With(settings.Environment, service.Environment),
                    [(nothing.Number, 0), (theirs.Number, 1), (theirs.Number, 2)]);
            }
            using (process)
            {
                string[] lines = Answer.Read(answer, Deadline.In(limit ?? s_limit)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (process.Exit.Wait(Readiness.Readable, 1000).This == Readiness.None)
                    Signals.TrySend(process.Pid, Signals.Kill);
                (int status, string words) = process.WaitForExit();
                return status == ExitStatus.Ok ? [.. lines.Select(Fact.From).OfType<Fact>()]
                    : throw new ConfigurationException(lines.Length > 0 ? lines[^1].Replace("fatal: ", "", StringComparison.Ordinal) : $"{service.Command} does not say: {words}");
            }
        }
    }
}
