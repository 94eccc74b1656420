using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>Patterns of regexp_table(5), which the C library matches, regcomp(3).</summary>
internal sealed class RegexpSyntax : IPatternSyntax
{
    public bool HasSecondPattern => true;

    public Pattern Compile(string pattern, string flags)
    {
        PosixRegexOptions options = PosixRegexOptions.Extended | PosixRegexOptions.IgnoreCase;
        foreach (char flag in flags)
        {
            options ^= flag switch
            {
                'i' => PosixRegexOptions.IgnoreCase,
                'm' => PosixRegexOptions.Lines,
                'x' => PosixRegexOptions.Extended,
                _ => throw new FormatException($"there is no flag \"{flag}\"; accepted are i, m and x"),
            };
        }
        int size = RegexpCost.SizeOf(pattern, isExtended: options.HasFlag(PosixRegexOptions.Extended));
        try
        {
            return new RegexpPattern(new PosixRegex(ByteText.Encode(pattern), options), size);
        }
        catch (FormatException e)
        {
            throw new FormatException($"the pattern is not understood: {e.Message}; for Perl's syntax use \"pcre:\"");
        }
    }
}
