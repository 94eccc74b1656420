namespace PostfixNet.Bounce;

internal static class Program
{
    private static int Main() => 69;
}
