namespace PostfixNet.Toml;

/// <summary>One thing that is wrong in a document.</summary>
/// <param name="Line">Line where it shows; the first line is 1.</param>
/// <param name="Column">Column, counted in characters; the first column is 1.</param>
/// <param name="Problem">What is wrong, one line, without the position.</param>
public sealed record TomlError(int Line, int Column, string Problem);

/// <summary>A document that is not TOML.</summary>
public sealed class TomlException : Exception
{
    internal TomlException(IReadOnlyList<TomlError> errors)
        : base($"{errors[0].Line}:{errors[0].Column}: {errors[0].Problem}") => Errors = errors;

    /// <summary>What is wrong, in the order of the document: one error at least, a bounded number at most, and one for each
    /// mistake (what follows from it is not listed).</summary>
    public IReadOnlyList<TomlError> Errors { get; }
}
