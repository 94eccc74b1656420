using PostfixNet.Service;

namespace PostfixNet.UnitTests.Service;

public class GetoptTests
{
    [Theory] // arguments, options, permute, want
    [InlineData("", "vd:", true, "|")]
    [InlineData("-v", "vd:", true, "v |")]
    [InlineData("-vv -d A", "vd:", true, "v v d=A |")]
    [InlineData("-dALL -v", "vd:", true, "d=ALL v |")]
    [InlineData("-vdALL", "vd:", true, "v d=ALL |")]
    [InlineData("-d - x", "vd:", true, "d=- |x")]
    [InlineData("-d -v", "vd:", true, "d=-v |")]
    [InlineData("a -v b", "vd:", true, "v |a,b")]
    [InlineData("a -v b", "vd:", false, "|a,-v,b")]
    [InlineData("-v -- -d", "vd:", true, "v |-d")]
    [InlineData("-v - -v", "vd:", true, "v v |-")]
    [InlineData("-x", "vd:", true, "?invalid option -- 'x' |")]
    [InlineData("-vx", "vd:", true, "v ?invalid option -- 'x' |")]
    [InlineData("-:", "vd:", true, "?invalid option -- ':' |")]
    [InlineData("-d", "vd:", true, "?option requires an argument -- 'd' |")]
    [InlineData("-vd", "vd:", true, "v ?option requires an argument -- 'd' |")]
    [InlineData("--help", "vd:", true, "?invalid option -- '-' ?invalid option -- 'h' ?invalid option -- 'e' ?invalid option -- 'l' ?invalid option -- 'p' |")]
    public void Takes_arguments_apart(string arguments, string options, bool permute, string want)
    {
        Getopt getopt = new(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), options, permute);
        string got = "";
        while (getopt.Next() is { } letter)
            got += letter == Getopt.Bad ? $"?{getopt.Error} " : getopt.Value.Length > 0 ? $"{letter}={getopt.Value} " : $"{letter} ";
        Assert.Equal(want, $"{got}|{string.Join(',', getopt.Operands)}");
    }

    [Fact]
    public void A_value_may_be_empty()
    {
        Getopt getopt = new(["-d", "", "-v"], "vd:");
        Assert.Equal('d', getopt.Next());
        Assert.Equal("", getopt.Value);
        Assert.Equal('v', getopt.Next());
        Assert.Null(getopt.Next());
    }
}
