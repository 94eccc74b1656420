using System.Diagnostics.CodeAnalysis;
using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>What "master tlsrpt" wants of the service tlsrpt.</summary>
/// <param name="Domain">null: all domains.</param>
/// <param name="IsToSend">Reports of days that are over are to be tried at once, before the answer.</param>
public sealed record TlsReportQuestion(string? Domain, bool IsToSend)
{
    private const string Show = "show", Send = "send";

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(FieldName.Request, IsToSend ? Send : Show).AddOptional(TlsAttempt.DomainName, Domain);

    /// <summary>Reads a question.</summary>
    /// <returns>False: it is another request.</returns>
    /// <exception cref="IpcException">It is none.</exception>
    public static bool TryFrom(AttributeList list, [NotNullWhen(true)] out TlsReportQuestion? question)
    {
        ArgumentNullException.ThrowIfNull(list);
        string word = list.Text(FieldName.Request);
        question = word is Show or Send ? new TlsReportQuestion(list.OptionalText(TlsAttempt.DomainName), word == Send) : null;
        return question is not null;
    }
}

/// <summary>The answer.</summary>
/// <param name="Json">An array with an object for each domain and day: day, domain, successful, failed, state, due, places ...</param>
public sealed record TlsReportAnswer(string Json)
{
    private const string JsonName = "json";

    /// <summary>For the line.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(JsonName, Json);

    /// <exception cref="IpcException">Malformed.</exception>
    public static TlsReportAnswer From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new(list.Text(JsonName));
    }
}
