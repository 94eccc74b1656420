namespace PostfixNet.Postqueue;

internal static class Program
{
    private static int Main() => 69;
}
