namespace PostfixNet.Mail;

/// <summary>How much of a message a failure notice returns: RET, RFC 3461 section 4.3. The numbers are those of queue files.</summary>
public enum DsnReturn
{
    /// <summary>Nothing was said.</summary>
    Unspecified = 0,
    /// <summary>All of it.</summary>
    Full = 1,
    /// <summary>Its headers.</summary>
    Headers = 2,
}

/// <summary>How <see cref="DsnReturn"/> is written.</summary>
public static class DsnReturns
{
    /// <summary>Understands the number of a queue file or request; any other counts as not given.</summary>
    public static DsnReturn FromNumber(long number) => number is 1 or 2 ? (DsnReturn)number : DsnReturn.Unspecified;

    /// <summary>Understands the value of RET=, in any case.</summary>
    /// <returns>False when it is none.</returns>
    public static bool TryParse(string word, out DsnReturn result)
    {
        result = word.Equals("FULL", StringComparison.OrdinalIgnoreCase) ? DsnReturn.Full
            : word.Equals("HDRS", StringComparison.OrdinalIgnoreCase) ? DsnReturn.Headers : DsnReturn.Unspecified;
        return result != DsnReturn.Unspecified;
    }

    /// <summary>The value of RET=; empty when nothing was said.</summary>
    public static string Word(this DsnReturn wanted) => wanted switch { DsnReturn.Full => "FULL", DsnReturn.Headers => "HDRS", _ => "" };
}
