using System.Globalization;

namespace PostfixNet.Tables;

/// <summary>What a POSIX pattern may cost the C library, which gives no limits to set, and whose stack has an end.</summary>
internal static class RegexpCost
{
    // Measured: with three times as much regcomp(3) comes to the end of a stack of 1 MiB.
    private const int MostRepeated = 2000, MostOperators = 1000, DeepestNesting = 100;

    /// <summary>How many characters and operators a pattern has when its repeat counts are written out, as the library does.</summary>
    /// <exception cref="FormatException">They are too many; or it has a back-reference, for which matching can take for ever.</exception>
    internal static int SizeOf(string pattern, bool isExtended)
    {
        Stack<long> outer = new();
        long sum = 0, last = 0, repeated = 0;
        int operators = 0;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            bool isEscaped = c == '\\' && i + 1 < pattern.Length;
            if (isEscaped)
                c = pattern[++i];
            if (isEscaped && c is >= '1' and <= '9')
                throw new FormatException($"\"\\{c}\" refers back to what matched before, for which the C library's matching can take for ever; use \"pcre:\"");
            // In basic expressions, the characters with a meaning are those behind a backslash.
            bool isSpecial = isEscaped != isExtended;
            if (isSpecial && c == '(')
            {
                outer.Push(sum);
                (sum, last) = (1, 0);
            }
            else if (isSpecial && c == ')' && outer.TryPop(out long before))
            {
                last = sum;
                sum += before;
            }
            else if (isSpecial && c == '{' && Repeat(pattern, ref i) is { } times)
            {
                long more = last * (Math.Max(1, times) - 1);
                (sum, last, repeated, operators) = (sum + more, last + more, repeated + more, operators + 1);
            }
            else if (c is '*' or '+' or '?' && isEscaped != (isExtended || c == '*'))
            {
                (sum, last, operators) = (sum + 1, last + 1, operators + 1);
            }
            else
            {
                if (!isEscaped && c == '[')
                    i = EndOfSet(pattern, i);
                (sum, last) = (sum + 1, 1);
            }
            if (repeated > MostRepeated)
                throw new FormatException($"its repeat counts stand for more than {MostRepeated} characters, which takes the C library too long; use \"pcre:\"");
            if (operators > MostOperators || outer.Count > DeepestNesting)
                throw new FormatException($"it has more than {MostOperators} repeats, or parentheses more than {DeepestNesting} deep, which the C library may not survive; use several rules");
        }
        while (outer.TryPop(out long before))
            sum += before;
        return (int)sum;
    }

    // The greater number of "{2}", "{2,}" or "{2,5}"; null: it is none.
    private static long? Repeat(string pattern, ref int at)
    {
        int end = pattern.IndexOf('}', at);
        if (end < 0)
            return null;
        long most = 0;
        foreach (string number in pattern[(at + 1)..end].TrimEnd('\\').Split(','))
        {
            if (number.Length > 0 && (!number.All(char.IsAsciiDigit) || number.Length > 9))
                return null;
            most = Math.Max(most, number.Length > 0 ? long.Parse(number, CultureInfo.InvariantCulture) : 0);
        }
        at = end;
        return most;
    }

    // "[]abc]", "[^]abc]", "[[:alpha:]]".
    private static int EndOfSet(string pattern, int at)
    {
        int i = at + 1;
        if (i < pattern.Length && pattern[i] == '^')
            i++;
        if (i < pattern.Length && pattern[i] == ']')
            i++;
        for (; i < pattern.Length && pattern[i] != ']'; i++)
        {
            if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] is (':' or '.' or '='))
            {
                int end = pattern.IndexOf($"{pattern[i + 1]}]", i + 2, StringComparison.Ordinal);
                i = end < 0 ? i : end + 1;
            }
        }
        return Math.Min(i, pattern.Length - 1);
    }
}
