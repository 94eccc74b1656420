namespace PostfixNet.Sendmail;

internal static class Program
{
    private static int Main() => 69;
}
