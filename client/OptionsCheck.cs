using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Options;

namespace PostfixNet.Client;

/// <summary>Says what is wrong with options: all of it, each in a sentence that names the option.</summary>
internal sealed class OptionsCheck : IValidateOptions<PostfixNetOptions>
{
    // sun_path of Linux, with its end.
    private const int LongestSocketPath = 107;

    public ValidateOptionsResult Validate(string? name, PostfixNetOptions options)
    {
        List<string> wrong = [.. Problems(options)];
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    /// <exception cref="OptionsValidationException">Something is wrong.</exception>
    internal static void Check(PostfixNetOptions options)
    {
        List<string> wrong = [.. Problems(options)];
        if (wrong.Count > 0)
            throw new OptionsValidationException(nameof(PostfixNetOptions), typeof(PostfixNetOptions), wrong);
    }

    internal static bool IsLoopback(string? host) =>
        "localhost".Equals(host, StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private static IEnumerable<string> Problems(PostfixNetOptions given)
    {
        PostfixNetOptions options = given.Copy();
        bool hasSocket = options.Socket is not null, hasHost = options.Host is not null;
        if (!hasSocket && !hasHost)
            yield return "PostfixNet: give Socket, e.g. \"/var/spool/postfix.net/public/submit\", or Host";
        if (hasSocket && hasHost)
            yield return "PostfixNet: Socket and Host exclude each other";
        foreach ((string option, string? path) in new[] { (nameof(options.Socket), options.Socket), (nameof(options.StatusSocket), options.StatusSocket) })
        {
            if (path is not null && (!Path.IsPathRooted(path) || Encoding.UTF8.GetByteCount(path) > LongestSocketPath))
                yield return $"PostfixNet: {option} must be an absolute path of at most {LongestSocketPath} bytes, not \"{path}\"";
        }
        if (options.EventsDirectory is { } events && !Path.IsPathRooted(events))
            yield return $"PostfixNet: EventsDirectory must be an absolute path, not \"{events}\"";
        if (options.Port is < 1 or > 65535)
            yield return $"PostfixNet: Port must be 1 to 65535, not {options.Port}";
        if (options.MaxConnections is < 1 or > 1000)
            yield return $"PostfixNet: MaxConnections must be 1 to 1000, not {options.MaxConnections}";
        foreach ((string option, TimeSpan time) in new[] { (nameof(options.ConnectTimeout), options.ConnectTimeout), (nameof(options.ReplyTimeout), options.ReplyTimeout),
            (nameof(options.AcceptTimeout), options.AcceptTimeout), (nameof(options.IdleTimeout), options.IdleTimeout) })
        {
            if (time < TimeSpan.FromMilliseconds(1) || time > TimeSpan.FromDays(1))
                yield return $"PostfixNet: {option} must be between a millisecond and a day, not {time}";
        }
        if (options.UserName is null != options.Password is null)
            yield return "PostfixNet: UserName and Password go together";
        if (hasSocket && options.UserName is not null)
            yield return "PostfixNet: there is no login at Socket: the server knows the account of the process";
        if (hasSocket && options.Tls is MailTls.StartTls or MailTls.Wrapped)
            yield return "PostfixNet: there is no TLS at Socket";
        if (hasHost && options.UserName is not null && options.EffectiveTls == MailTls.None && !IsLoopback(options.Host))
            yield return "PostfixNet: a password does not go to another host without TLS: set Tls to StartTls or Wrapped";
        if (options.TrustedCertificates is { } file && TroubleWith(file) is { } trouble)
            yield return $"PostfixNet: TrustedCertificates: {trouble}";
        if (options.HeloName is { } helo && (helo.Length is 0 or > 255 || helo.AsSpan().ContainsAnyExceptInRange('!', '~')))
            yield return "PostfixNet: HeloName must be a host name";
    }

    private static string? TroubleWith(string file)
    {
        if (!File.Exists(file))
            return $"there is no file \"{file}\"";
        X509Certificate2Collection trusted = [];
        try
        {
            trusted.ImportFromPemFile(file);
            return trusted.Count > 0 ? null : $"\"{file}\" has no certificate in PEM";
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"\"{file}\": {e.Message}";
        }
        finally
        {
            foreach (X509Certificate2 certificate in trusted)
                certificate.Dispose();
        }
    }
}
