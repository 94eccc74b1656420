using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using PostfixNet.Mail;

namespace PostfixNet.Web;

/// <summary>What a client is answered.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Type">Of the content.</param>
/// <param name="Content">It.</param>
internal sealed record Reply(int Status, string Type, byte[] Content)
{
    private const string JsonType = "application/json; charset=utf-8";

    /// <summary>Another header; null: none.</summary>
    internal (string Name, string Value)? Header { get; init; }

    /// <summary>An answer.</summary>
    internal static Reply Json(string json) => new(StatusCodes.Status200OK, JsonType, Encoding.UTF8.GetBytes(json + "\n"));

    /// <summary>One of an array of objects, and what there is to say about it.</summary>
    internal static Reply Lines(string name, string lines, string more) => Json($"{{\"{name}\": [{Joined(lines)}], {more}}}");

    /// <summary>Objects, each a line, as elements of an array.</summary>
    internal static string Joined(string lines) => string.Join(",\n", lines.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Why there is no answer.</summary>
    internal static Reply Problem(int status, string why) =>
        new(status, JsonType, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"error\": {JsonText.Quote(why)}}}\n")));
}

/// <summary>A request that is not answered as it is.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="why">For who asked.</param>
internal sealed class RequestException(int status, string why) : Exception(why)
{
    internal int Status => status;
}
