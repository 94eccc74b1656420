namespace PostfixNet.Qmgr;

internal static class Program
{
    private static int Main() => 69;
}
