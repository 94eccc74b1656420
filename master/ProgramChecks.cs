using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>Each program of master.toml is started once to say whether it could serve: only it knows what its settings need. All
/// run at the same time.</summary>
internal static class ProgramChecks
{
    // A program that takes longer hangs.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <returns>What is odd, one line each.</returns>
    /// <exception cref="ConfigurationException">All that keeps a service from starting.</exception>
    internal static IReadOnlyList<string> Run(string directory, MasterSettings settings, IReadOnlyList<ServiceEntry> services)
    {
        List<Check> checks = [];
        List<string> warnings = [];
        ProblemList problems = new();
        try
        {
            foreach (IGrouping<string, ServiceEntry> same in services.GroupBy(service => string.Join('\0', [service.Command, .. service.Arguments, "", .. service.Environment])))
                checks.Add(new Check(directory, settings, [.. same]));
            foreach (Check check in checks)
            {
                foreach ((bool isFatal, string text) in check.Finish())
                {
                    if (isFatal)
                        problems.Try(() => throw new ConfigurationException(text));
                    else
                        warnings.Add(text);
                }
            }
        }
        finally
        {
            foreach (Check check in checks)
                check.Dispose();
        }
        problems.ThrowIfAny();
        return warnings;
    }

    /// <summary>One program at it.</summary>
    private sealed class Check : IDisposable
    {
        private const string Fatal = "fatal: ", Warning = "warning: ";
        private readonly ServiceEntry _service;
        private readonly ChildProcess _process;
        private readonly Descriptor _answer;
        private readonly Deadline _end = Deadline.In(s_limit);

        internal Check(string directory, MasterSettings settings, IReadOnlyList<ServiceEntry> services)
        {
            _service = services[0];
            ServiceCommandLine line = new(directory, [.. services.Select(service => service.Name)], IsCheck: true, _service.Arguments);
            (_answer, Descriptor theirs) = Descriptor.Pair();
            using (theirs)
            using (Descriptor nothing = Descriptor.OpenDevNull())
            {
                _process = ChildProcess.Start(Path.Join(settings.Programs, _service.Command), line.ToWords(), ChildEnvironment.With(settings.Environment, _service.Environment),
                    [(nothing.Number, 0), (nothing.Number, 1), (theirs.Number, 2)]);
            }
        }

        internal IEnumerable<(bool IsFatal, string Text)> Finish()
        {
            string[] lines = Answer.Read(_answer, _end).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (_process.Exit.Wait(Readiness.Readable, _end.RemainingMilliseconds).This == Readiness.None)
                Signals.TrySend(_process.Pid, Signals.Kill);
            (int status, string words) = _process.WaitForExit();
            bool isExplained = false;
            foreach (string line in lines)
            {
                bool isFatal = line.StartsWith(Fatal, StringComparison.Ordinal);
                isExplained |= isFatal;
                if (isFatal)
                    yield return (true, line[Fatal.Length..]);
                else if (line.StartsWith(Warning, StringComparison.Ordinal))
                    yield return (false, line[Warning.Length..]);
            }
            if (status != ExitStatus.Ok && !isExplained)
                yield return (true, $"{_service.Position}: service {_service.Name}: {_service.Command} cannot check its settings: {words}{(lines.Length > 0 ? ": " + lines[0] : "")}");
        }

        public void Dispose()
        {
            _process.Dispose();
            _answer.Dispose();
        }
    }
}
