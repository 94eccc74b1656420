namespace PostfixNet.Smtp;

/// <summary>The certificate that the servers of one destination get to see, and the file of its private key; both in PEM, and they may be the same.</summary>
internal sealed record OwnCertificate(string File, string KeyFile)
{
    /// <summary>What is wrong with the files, and which they are.</summary>
    internal string Problem(string what) => what.Contains(File, StringComparison.Ordinal) || what.Contains(KeyFile, StringComparison.Ordinal) ? what
        : $"{File}{(KeyFile == File ? "" : $" and {KeyFile}")}: {what}";
}
