namespace PostfixNet.Cleanup;

internal static class Program
{
    private static int Main() => 69;
}
