namespace PostfixNet.Login;

/// <summary>A password file that cannot be used.</summary>
/// <param name="problems">What is wrong, a line each, with their places; none quotes the file.</param>
public sealed class PasswordFileException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    /// <summary>One problem.</summary>
    public PasswordFileException(string problem) : this([problem])
    {
    }

    /// <summary>All that is wrong, a line each.</summary>
    public IReadOnlyList<string> Problems => problems;
}
