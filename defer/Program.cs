namespace PostfixNet.Defer;

internal static class Program
{
    private static int Main() => 69;
}
