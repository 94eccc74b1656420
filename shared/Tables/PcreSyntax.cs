using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>Patterns of pcre_table(5), which the library PCRE2 matches.</summary>
internal sealed class PcreSyntax : IPatternSyntax
{
    public bool HasSecondPattern => false;

    public Pattern Compile(string pattern, string flags)
    {
        PcreOptions options = PcreOptions.IgnoreCase | PcreOptions.DotAll;
        foreach (char flag in flags)
        {
            options ^= flag switch
            {
                'i' => PcreOptions.IgnoreCase,
                'm' => PcreOptions.MultiLine,
                's' => PcreOptions.DotAll,
                'x' => PcreOptions.Extended,
                'A' => PcreOptions.Anchored,
                'E' => PcreOptions.DollarEndOnly,
                'U' => PcreOptions.Ungreedy,
                // Of an older library; this one always does what it asked for.
                'X' => PcreOptions.None,
                _ => throw new FormatException($"there is no flag \"{flag}\"; accepted are i, m, s, x, A, E, U and X"),
            };
        }
        try
        {
            return new PcrePattern(new Pcre(ByteText.Encode(pattern), options));
        }
        catch (FormatException e)
        {
            throw new FormatException($"the pattern is not understood: {e.Message}");
        }
    }

    private sealed class PcrePattern(Pcre pcre) : Pattern
    {
        internal override int GroupCount => pcre.GroupCount;

        internal override bool IsIn(byte[] key, Span<(int Start, int End)> groups)
        {
            try
            {
                return pcre.IsMatch(key, groups);
            }
            catch (PcreLimitException e)
            {
                throw new LookupException(e.Message);
            }
        }
    }
}
