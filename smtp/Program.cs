namespace PostfixNet.Smtp;

internal static class Program
{
    private static int Main() => 69;
}
