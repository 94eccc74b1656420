using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace PostfixNet.Web;

/// <summary>What stands behind the question mark.</summary>
internal sealed class Query
{
    private readonly IQueryCollection _given;

    /// <param name="given">By the client.</param>
    /// <param name="known">Names that mean something.</param>
    /// <exception cref="RequestException">Another one is there, or one twice.</exception>
    internal Query(IQueryCollection given, params ReadOnlySpan<string> known)
    {
        _given = given;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in given)
        {
            if (known.IndexOf(name) < 0 || values.Count != 1)
                throw new RequestException(StatusCodes.Status400BadRequest, $"\"{name}\" is unknown here, or is there twice; known: {(known.Length == 0 ? "none" : string.Join(", ", known.ToArray()))}");
        }
    }

    /// <returns>null: it is not there, or empty.</returns>
    internal string? Text(string name) => _given[name].ToString() is { Length: > 0 } text ? text : null;

    /// <exception cref="RequestException">It is no number of that range.</exception>
    internal int Number(string name, int usual, int least, int most) => Text(name) is not { } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw new RequestException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"{name}: give a number from {least} to {most}"));
}
