namespace PostfixNet.Pickup;

internal static class Program
{
    private static int Main() => 69;
}
