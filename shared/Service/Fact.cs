using PostfixNet.Mail;

namespace PostfixNet.Service;

/// <summary>One thing that holds for a destination, as a program says it to "master config --for"; no password is among them.</summary>
/// <param name="Name">What it is about, "next hop".</param>
/// <param name="Value">What holds.</param>
/// <param name="Because">Which parameter or table says so.</param>
public sealed record Fact(string Name, string Value, string Because)
{
    /// <summary>The question to an agent what is wrong with the names that it will look up; facts are named "error" or "warning".</summary>
    public const string AboutNames = "names";

    /// <summary>The question to an agent whether receivers find the keys with which it signs mail of a domain, which follows.</summary>
    public const string AboutSigning = "signing";

    /// <summary>The question to an agent which mail exchangers a domain has, which is the next word.</summary>
    public const string AboutExchangers = "exchangers";

    /// <summary>The question to an agent to log in to the servers of a next hop: it follows, with the name of the destination's table or "", and the sender.</summary>
    public const string AboutLogin = "login";

    /// <summary>Name of the fact what came of it: "accepted", "refused", "none" (there is no login) or "not tried", and why.</summary>
    public const string ResultName = "result";

    /// <summary>Name of a fact that is a line said to the server.</summary>
    public const string SaidName = ">";

    /// <summary>Name of one that is a line of the server.</summary>
    public const string HeardName = "<";

    /// <summary>Name of a fact about one of them: its name, and its preference.</summary>
    public const string ExchangerName = "exchanger";

    /// <summary>Name of a fact that keeps mail from going.</summary>
    public const string ErrorName = "error";

    /// <summary>Name of one that may be meant so.</summary>
    public const string WarningName = "warning";

    private const char Separator = '\t';

    /// <summary>For the other program.</summary>
    public string ToLine() => $"{PrintableText.Of(Name)}{Separator}{PrintableText.Of(Value)}{Separator}{PrintableText.Of(Because)}\n";

    /// <returns>null: the line is none.</returns>
    public static Fact? From(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Split(Separator) is [var name, var value, var because] ? new Fact(name, value, because) : null;
    }
}
