using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>regexp_table(5) and pcre_table(5): rules with regular expressions, the first that matches a key decides.</summary>
/// <param name="place">Before the number of a line, in messages.</param>
/// <param name="limit">Of a lookup that begins now; when it is over, no other rule is tried: senders choose keys.</param>
internal sealed class PatternTable(string place, Func<Deadline> limit) : Table
{
    private const int MostGroups = 99;

    private readonly List<Rule> _rules = [];

    /// <summary>A pattern, and whether it is to match or not to match.</summary>
    private readonly record struct Condition(Pattern Pattern, bool IsWanted)
    {
        internal bool Holds(byte[] key, Span<(int Start, int End)> groups) => Pattern.IsIn(key, groups) == IsWanted;
    }

    /// <param name="Line">Where it stands.</param>
    /// <param name="Also">A second one, for rules that have it.</param>
    /// <param name="Result">null: it is an "if".</param>
    private sealed record Rule(int Line, Condition First, Condition? Also, Replacement? Result)
    {
        // Of an "if": the rule after its "endif".
        internal int End { get; set; } = int.MaxValue;
    }

    public override bool IsForWholeKeys => true;

    public override bool MayTakeLong => true;

    public override IEnumerable<string> KnownValues => _rules.Where(static rule => rule.Result is { LastGroup: 0 }).Select(static rule => rule.Result!.Expand([], []));

    public override string? Find(string key)
    {
        byte[] octets = ByteText.Encode(key);
        Deadline latest = limit();
        Span<(int, int)> all = stackalloc (int, int)[MostGroups + 1];
        for (int i = 0; i < _rules.Count; i++)
        {
            Rule rule = _rules[i];
            if (i > 0 && latest.IsOver)
                throw new LookupException($"{place}{rule.Line}: the rules before this one took too long");
            Span<(int, int)> groups = rule.Result is { LastGroup: > 0 and int last } ? all[..(last + 1)] : [];
            try
            {
                bool holds = rule.First.Holds(octets, groups) && (rule.Also is not { } also || also.Holds(octets, []));
                if (rule.Result is { } result)
                {
                    if (holds)
                        return result.Expand(octets, groups);
                }
                else if (!holds)
                {
                    if (rule.End == int.MaxValue)
                        return null;
                    i = rule.End - 1;
                }
            }
            catch (LookupException e)
            {
                throw new LookupException($"{place}{rule.Line}: {e.Message}");
            }
        }
        return null;
    }

    /// <param name="place">Before the number of a line, in messages.</param>
    /// <param name="substitutes">Results may have $1 in them.</param>
    /// <param name="warnings">Get "line: what is odd".</param>
    /// <param name="limit">Only tests give one.</param>
    /// <exception cref="FormatException">"line: what is wrong".</exception>
    internal static PatternTable Read(string place, IEnumerable<LogicalLine> lines, IPatternSyntax syntax, bool substitutes, List<string> warnings, Func<Deadline>? limit = null)
    {
        PatternTable table = new(place, limit ?? (static () => Deadline.In(TimeSpan.FromSeconds(1))));
        Stack<Rule> open = new();
        foreach (LogicalLine line in lines)
        {
            try
            {
                table.Add(line, syntax, substitutes, open, warnings);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{line.Number}: {e.Message}");
            }
        }
        foreach (Rule rule in open)
            warnings.Add($"{rule.Line}: this \"if\" has no \"endif\"");
        return table;
    }

    private void Add(LogicalLine line, IPatternSyntax syntax, bool substitutes, Stack<Rule> open, List<string> warnings)
    {
        (Keyword keyword, string rest) = Keywords.Of(line.Text);
        if (keyword == Keyword.EndIf)
        {
            if (open.TryPop(out Rule? begin))
                begin.End = _rules.Count;
            else
                warnings.Add($"{line.Number}: there is no \"if\" for this \"endif\"");
            if (rest.Length > 0)
                warnings.Add($"{line.Number}: what follows \"endif\" is passed over");
            return;
        }
        if (keyword == Keyword.None && char.IsAsciiLetterOrDigit(rest[0]))
            throw new FormatException("not understood; accepted are \"/pattern/flags result\", \"!/pattern/flags result\", \"if /pattern/flags\" and \"endif\"");
        bool hasSecond = syntax.HasSecondPattern && keyword == Keyword.None;
        Condition first = Read(ref rest, syntax, hasSecond);
        if (keyword == Keyword.If)
        {
            if (rest.Trim(LogicalLines.Blanks).Length > 0)
                warnings.Add($"{line.Number}: what follows the pattern of \"if\" is passed over; a line that begins with a blank continues the line before");
            Rule rule = new(line.Number, first, null, null);
            _rules.Add(rule);
            open.Push(rule);
            return;
        }
        Condition? second = hasSecond && rest.StartsWith('!') ? Read(ref rest, syntax, hasSecond) : null;
        Replacement result = Replacement.Read(rest.TrimStart(LogicalLines.Blanks));
        if (rest.Trim(LogicalLines.Blanks).Length == 0)
            warnings.Add($"{line.Number}: the rule has no result, which makes it an empty one");
        if (result.LastGroup > 0 && !first.IsWanted)
            throw new FormatException("what does not match has no groups, so $ and a number have no meaning in the result");
        if (result.LastGroup > Math.Min(first.Pattern.GroupCount, MostGroups))
            throw new FormatException($"the result has ${result.LastGroup}, and the pattern has {first.Pattern.GroupCount} groups");
        if (result.LastGroup > 0 && !substitutes)
            throw new FormatException("$ and a number is not allowed in results of this parameter: whoever sends mail could choose them");
        _rules.Add(new Rule(line.Number, first, second, result));
    }

    // "!/pattern/flags"; what follows stays.
    private static Condition Read(ref string text, IPatternSyntax syntax, bool hasSecond)
    {
        (bool isWanted, string rest) = Keywords.Negation(text);
        if (rest.Length == 0)
            throw new FormatException("there is no pattern; give one, \"/pattern/flags\"");
        int end = 1;
        while (end < rest.Length && rest[end] != rest[0])
            end += rest[end] == '\\' ? 2 : 1;
        if (end >= rest.Length)
            throw new FormatException($"the pattern has no end: a second \"{rest[0]}\" is missing");
        int after = end + 1;
        while (after < rest.Length && !LogicalLines.IsBlank(rest[after]) && !(hasSecond && rest[after] == '!'))
            after++;
        text = rest[after..];
        return new Condition(syntax.Compile(rest[1..end], rest[(end + 1)..after]), isWanted);
    }
}
