namespace PostfixNet.Master;

internal static class Program
{
    private static int Main() => 69;
}
