using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command dkim genkey: a new key that signs mail, and the record for the DNS that goes with it.</summary>
internal static class DkimKeys
{
    private const int OwnerOnly = 0x180 /* 0600 */, AllMayPass = 0x1ED /* 0755 */;
    private const int FewestBits = 2048, MostBits = 4096;

    internal static int Generate(string directory, string domain, string selector, string type, int bits, string? output, bool json)
    {
        if (DomainName.ToAscii(domain)?.ToLowerInvariant() is not { } name || !IsName(name))
            return Caller.Fail($"\"{PrintableText.Of(domain)}\" is not a domain", ExitStatus.Usage);
        selector = selector.ToLowerInvariant();
        if (!IsName(selector))
            return Caller.Fail($"\"{PrintableText.Of(selector)}\" is no selector: it becomes a name in the DNS; give letters, digits and \"-\", such as the month, \"s2026a\"", ExitStatus.Usage);
        if (type is not ("rsa" or "ed25519"))
            return Caller.Fail($"--type \"{PrintableText.Of(type)}\" is not accepted; give rsa or ed25519", ExitStatus.Usage);
        if (bits is < FewestBits or > MostBits)
            return Caller.Fail($"--bits {bits} is not accepted; give {FewestBits} to {MostBits} (RFC 8301)", ExitStatus.Usage);
        MainConfig config = MainConfig.Load(directory);
        string place = output ?? Path.Join(directory, "dkim");
        string path = Path.Join(Path.GetFullPath(place), $"{name}.{selector}.pem");
        using DkimKey key = type == "rsa" ? DkimKey.NewRsa(bits) : DkimKey.NewEd25519();
        if (output is null)
            _ = FileSystem.MakeDirectory(place, AllMayPass);
        Write(config, path, key);
        return Output.Print(json ? Json(name, selector, key, path) : Text(name, selector, key, path), ExitStatus.Ok);
    }

    // Never in the place of another key, which may be in use.
    private static void Write(MainConfig config, string path, DkimKey key)
    {
        using SafeFileHandle file = FileSystem.TryCreate(path, OwnerOnly) ?? throw new IOException($"{path} is there already, and may be in use: give another selector, or remove it");
        FileSystem.WriteAt(file, Encoding.ASCII.GetBytes(key.ToPem() + "\n"), 0);
        FileSystem.ChangeMode(file, OwnerOnly);
        if (Users.EffectiveUid == 0)
        {
            Account owner = MailOwner.Of(config);
            FileSystem.ChangeOwner(path, owner.Uid, owner.Gid, FileKind.Regular);
        }
        FileSystem.Flush(file, path);
        FileSystem.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    private static string Text(string domain, string selector, DkimKey key, string path)
    {
        string quoted = selector.Contains('.', StringComparison.Ordinal) ? $"\"{selector}\"" : selector;
        return $"""
            ; 1. Publish this record in the zone of {domain}:
            {DkimRecord.ZoneLine(DkimRecord.NameOf(selector, domain), DkimRecord.TextOf(key))}
            ; 2. When it is there, have main.toml say:
            ;    [dkim."{domain}"]
            ;    keys.{quoted} = "{path}"
            ; 3. master reload; master dkim check {domain}

            """;
    }

    private static string Json(string domain, string selector, DkimKey key, string path) =>
        $"{{\"domain\": {JsonText.Quote(domain)}, \"selector\": {JsonText.Quote(selector)}, \"type\": {JsonText.Quote(key.Kind)}, \"bits\": {key.Bits}, \"file\": {JsonText.Quote(path)}, "
        + $"\"name\": {JsonText.Quote(DkimRecord.NameOf(selector, domain))}, \"record\": {JsonText.Quote(DkimRecord.TextOf(key))}}}\n";

    private static bool IsName(string name) => name.Length is > 0 and <= 200 && name.Split('.').All(static label => label.Length is > 0 and <= 63
        && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
