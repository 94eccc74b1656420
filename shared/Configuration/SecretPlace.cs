using System.Text;
using PostfixNet.Native;

namespace PostfixNet.Configuration;

/// <summary>Where a secret is, so that it stands in no table and no main.toml: a file, a credential of systemd ($CREDENTIALS_DIRECTORY, systemd.exec(5)), or a variable of the environment.</summary>
public sealed class SecretPlace
{
    private const int Largest = 65536, ReadableByOthers = 4;
    private const string CredentialsDirectory = "CREDENTIALS_DIRECTORY";

    // What root alone can read is read before a process gives root up.
    private static readonly Dictionary<string, string> s_read = new(StringComparer.Ordinal);

    private readonly string _kind, _name;

    private SecretPlace(string kind, string name) => (_kind, _name) = (kind, name);

    /// <summary>Reads "file=/path", "credential=NAME" or "env=NAME".</summary>
    /// <param name="text">What stands in main.toml or a table.</param>
    /// <param name="separator">Between the kind and the name.</param>
    /// <returns>null: it is none of these.</returns>
    public static SecretPlace? Parse(string text, char separator)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0)
            return null;
        (string kind, string name) = (text[..at], text[(at + 1)..].Trim());
        bool isRight = kind switch
        {
            "file" => name.StartsWith('/'),
            "credential" => name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && name is not ("." or ".."),
            "env" => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_'),
            _ => false,
        };
        return isRight ? new SecretPlace(kind, name) : null;
    }

    /// <summary>For messages.</summary>
    public override string ToString() => _kind switch { "file" => _name, "credential" => $"credential {_name}", _ => $"environment variable {_name}" };

    /// <summary>Reads it while this process may; what cannot be read is told when it is needed.</summary>
    public void Open()
    {
        try
        {
            s_read[Key] = ReadNow();
        }
        catch (IOException)
        {
        }
    }

    /// <summary>The secret: the first line.</summary>
    /// <exception cref="IOException">It cannot be read, or others can read it. Nothing of it is in the message.</exception>
    public string Read()
    {
        try
        {
            return ReadNow();
        }
        catch (SystemCallException e) when (e.IsForbidden && s_read.TryGetValue(Key, out string? read))
        {
            return read;
        }
    }

    private string Key => $"{_kind}={_name}";

    private string ReadNow()
    {
        string text = _kind switch
        {
            "file" => Content(_name, isShared: false),
            "credential" => Environment.GetEnvironmentVariable(CredentialsDirectory) is { Length: > 0 } directory ? Content($"{directory}/{_name}", isShared: true)
                : throw new IOException($"credential {_name}: systemd has given this system none ($CREDENTIALS_DIRECTORY)"),
            _ => Environment.GetEnvironmentVariable(_name) ?? throw new IOException($"environment variable {_name} is not set (import_environment hands it on to services)"),
        };
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        string secret = end < 0 ? text : text[..end];
        return secret.Length > 0 ? secret : throw new IOException($"{this}: empty");
    }

    private static string Content(string path, bool isShared)
    {
        byte[] octets = FileSystem.ReadAll(path, Largest, out FileStatus status);
        return isShared || (status.Mode & ReadableByOthers) == 0 ? Encoding.UTF8.GetString(octets)
            : throw new IOException($"{path} can be read by all users; take their rights away (chmod o=)");
    }
}
