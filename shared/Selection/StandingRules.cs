using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Selection;

/// <summary>The standing rules, in the order in which they were given; of several that mean a message the first one holds. Kept in one file that the queue
/// manager alone writes.</summary>
/// <remarks>A file that cannot be understood, or that others may have written, is a problem, and no rules: whoever delivers must stop then, since
/// mail that went out cannot be called back.</remarks>
public sealed class StandingRules
{
    /// <summary>So many at most.</summary>
    public const int Most = 500;

    private const string FileName = "standing", Head = "# Standing rules of the queue manager, which writes this file. See postsuper rule.";
    private const int SizeLimit = 4 << 20, WritableByOthers = 0x12 /* 022 */;

    private StandingRules(IReadOnlyList<StandingRule> rules, string? problem = null) => (Rules, Problem) = (rules, problem);

    /// <summary>None.</summary>
    public static StandingRules None { get; } = new([]);

    /// <summary>The first goes before all others.</summary>
    public IReadOnlyList<StandingRule> Rules { get; }

    /// <summary>What is wrong with the file, in one line; null when it is fine.</summary>
    public string? Problem { get; }

    /// <summary>The rule of a name; null: there is none.</summary>
    public StandingRule? Find(string name) => Rules.FirstOrDefault(rule => rule.Name == name);

    /// <summary>The same with one more.</summary>
    public StandingRules With(StandingRule rule) => new([.. Rules, rule]);

    /// <summary>The same without some.</summary>
    public StandingRules Without(Func<StandingRule, bool> isGone) => new([.. Rules.Where(rule => !isGone(rule))]);

    /// <summary>Reads the file. Never throws.</summary>
    /// <param name="queueDirectory">E.g. ".".</param>
    public static StandingRules Read(string queueDirectory)
    {
        string path = $"{queueDirectory}/{QueueDirectories.Rules}/{FileName}";
        try
        {
            if (FileSystem.Status(path) is null)
                return None;
            using SafeFileHandle file = FileSystem.Open(path);
            FileStatus status = FileSystem.Status(file);
            if (status.Kind != FileKind.Regular || status.Size > SizeLimit)
                return new([], $"{path}: not a file of rules");
            if ((status.Uid != 0 && status.Uid != FileSystem.Status($"{queueDirectory}/{QueueDirectories.Rules}")?.Uid) || (status.Mode & WritableByOthers) != 0)
                return new([], $"{path}: others than its owner can have written it");
            byte[] bytes = new byte[status.Size];
            return Parse(Encoding.UTF8.GetString(bytes, 0, FileSystem.ReadAt(file, bytes, 0)), path);
        }
        catch (IOException e)
        {
            return new([], e.Message);
        }
    }

    private static StandingRules Parse(string text, string path)
    {
        List<StandingRule> rules = [];
        string[] lines = text.Split('\n');
        // The last line end says that the file is whole.
        if (lines is not [Head, .., ""])
            return new([], $"{path}: not a file of rules, or not whole");
        for (int i = 1; i < lines.Length - 1; i++)
        {
            try
            {
                rules.Add(StandingRule.FromLine(lines[i]));
            }
            catch (FormatException e)
            {
                return new([], $"{path}:{i + 1}: {e.Message}");
            }
        }
        return new(rules);
    }

    /// <summary>Puts the list in the place of the file, wholly or not at all; on return it is on stable storage.</summary>
    /// <exception cref="IOException">Not known to be done.</exception>
    public void Write(string queueDirectory)
    {
        StringBuilder text = new StringBuilder(Head).Append('\n');
        foreach (StandingRule rule in Rules)
            text.Append(rule.ToLine()).Append('\n');
        WholeFile.Replace($"{queueDirectory}/{QueueDirectories.Rules}/{FileName}", Encoding.UTF8.GetBytes(text.ToString()), 0x180 /* 0600 */);
    }
}
