using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace PostfixNet.Web;

/// <summary>The page and what it needs, and the description of the API: within the program, so that there is no path into the file system.</summary>
internal static class StaticFiles
{
    private static readonly FrozenDictionary<string, Reply> s_files = new Dictionary<string, Reply>
    {
        ["/"] = Load("index.html", "text/html; charset=utf-8"),
        ["/style.css"] = Load("style.css", "text/css; charset=utf-8"),
        ["/script.js"] = Load("script.js", "text/javascript; charset=utf-8"),
        ["/icon.svg"] = Load("icon.svg", "image/svg+xml"),
        ["/api/v1/openapi.json"] = Load("openapi.json", "application/json; charset=utf-8"),
    }.ToFrozenDictionary();

    /// <returns>null: there is none of that name.</returns>
    internal static Reply? Find(string path) => s_files.GetValueOrDefault(path);

    private static Reply Load(string name, string type)
    {
        using Stream stream = typeof(StaticFiles).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"no {name} in the program");
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Reply(StatusCodes.Status200OK, type, content);
    }
}
