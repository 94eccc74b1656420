namespace PostfixNet.Receiver;

internal static class Program
{
    private static int Main() => 69;
}
