using System.Diagnostics;

namespace PostfixNet.SystemTests;

/// <summary>"master import": configurations as people have them become ours, the programs take them, and decide about mail as real Postfix 3.7 did; its queue is taken over, and given back.</summary>
/// <remarks>Both are done by tests/import-beside-postfix.py, which says how; what Postfix decided stands beside each configuration, in "decisions".</remarks>
public sealed class MovingFromPostfix
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    public static TheoryData<string> Configurations => [.. Directory.GetDirectories(Repository.Vector("import")).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Configurations))]
    public void AConfigurationDecidesAsItDidInPostfix(string name)
    {
        if (!MailSystem.IsRoot)
            return; // it has the accounts of Postfix
        string expected = $"[{name}]\n" + string.Concat(Lines(name, "losses").Select(static loss => $"loss: {loss}\n")) + string.Concat(Lines(name, "decisions").Select(static line => line + "\n"));
        Assert.Equal(expected, Run("ours", Repository.Programs, name));
    }

    [Fact]
    public void MailThatWaitsInPostfixIsDeliveredByUsAndTheOtherWayRound()
    {
        if (!MailSystem.IsRoot)
            return;
        string[] told = Run("queue", Repository.Programs).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(12, told.Length);
        Assert.All(told, static line => Assert.EndsWith(": yes", line, StringComparison.Ordinal));
    }

    private static string[] Lines(string name, string file) => Repository.Vector($"import/{name}/{file}") is var path && File.Exists(path) ? File.ReadAllLines(path) : [];

    private static string Run(params string[] arguments)
    {
        using Process process = Command.Start("python3", [Path.Combine(Repository.Root, "tests", "import-beside-postfix.py"), .. arguments]);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill();
            throw new XunitException($"still running after {s_limit.TotalSeconds} s");
        }
        return process.ExitCode == 0 ? output.Result : output.Result + error.Result;
    }
}
