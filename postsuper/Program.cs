namespace PostfixNet.Postsuper;

internal static class Program
{
    private static int Main() => 69;
}
