using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace PostfixNet.Web;

/// <summary>Who gets an answer, and what else goes with each: so that no page of somebody else's reads or does anything by way of a browser that reaches this server.</summary>
/// <param name="options">What main.toml says.</param>
/// <param name="token">null: there is none.</param>
/// <param name="log">Is told of wrong tokens.</param>
internal sealed class Gate(WebOptions options, Token? token, Log log)
{
    private const string Scheme = "Bearer ";

    // Only what comes with this program runs or is shown, and nobody shows it within his own page.
    private static readonly (string Name, string Value)[] s_headers =
    [
        ("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ];

    /// <summary>What goes with every answer.</summary>
    internal static void Protect(HttpResponse response)
    {
        foreach ((string name, string value) in s_headers)
            response.Headers[name] = value;
    }

    /// <summary>Why somebody gets nothing at all; null: he may ask.</summary>
    internal Reply? RefuseClient(HttpRequest request, Client client)
    {
        // A page elsewhere can give its name our address, but not us that name (DNS rebinding).
        if (!IsOurs(request.Host.Host))
            return Reply.Problem(StatusCodes.Status421MisdirectedRequest, "this server is not known by that name: web_hosts has those that are");
        return client.Uid is { } uid && options.Rights.RefuseListing(uid) is { } refusal ? Reply.Problem(StatusCodes.Status403Forbidden, refusal) : null;
    }

    /// <summary>Why a question is not answered; null: it is.</summary>
    internal Reply? RefuseQuestion(HttpRequest request, Client client) => RefuseSite(request) ?? (token is null || client.Uid is not null ? null : RefuseToken(request, client));

    /// <summary>Why an order is not followed; null: it is.</summary>
    internal Reply? RefuseOrder(HttpRequest request, Client client)
    {
        if (!options.HasActions)
            return Reply.Problem(StatusCodes.Status403Forbidden, "nothing is changed here: web_actions is off");
        if ((RefuseSite(request) ?? RefuseToken(request, client)) is { } refusal)
            return refusal;
        // No form of a page has this type.
        return MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) ? null
            : Reply.Problem(StatusCodes.Status415UnsupportedMediaType, "orders are application/json");
    }

    // Links of others may lead to our page. What they ask of us is another matter.
    private static Reply? RefuseSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" ? null
        : Reply.Problem(StatusCodes.Status403Forbidden, "a page of another site is not answered");

    private Reply? RefuseToken(HttpRequest request, Client client)
    {
        string shown = request.Headers.Authorization.ToString();
        if (shown.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && token is not null && token.Is(shown[Scheme.Length..].Trim()))
            return null;
        if (shown.Length > 0)
            log.WrongToken(client.ToString());
        return Reply.Problem(StatusCodes.Status401Unauthorized, shown.Length > 0 ? "that is not the token" : "show the token: \"Authorization: Bearer ...\"") with { Header = ("WWW-Authenticate", "Bearer") };
    }

    private bool IsOurs(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || options.Hosts.Contains(host.TrimEnd('.'), StringComparer.OrdinalIgnoreCase);
}
