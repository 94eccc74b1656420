using System.Globalization;
using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Signs one message (RFC 6376, RFC 8463): looks at its lines as they will go over the wire, and has the fields to be put in front of it.</summary>
/// <remarks>Memory: the header fields that are signed.</remarks>
internal sealed class MessageSigner : IDisposable
{
    private readonly Signing _signing;
    private readonly HeaderSection _header;
    private readonly List<(DkimKeySetting Setting, DkimKey Key)> _keys = [];
    private DkimRule? _rule;
    private IncrementalHash? _hash;
    private BodyHash? _body;
    private bool _inHeader = true;

    internal MessageSigner(Signing signing) => (_signing, _header) = (signing, new HeaderSection(signing.Matters));

    /// <summary>What follows does not matter: the message is not to be signed.</summary>
    internal bool IsOver => !_inHeader && _body is null;

    /// <summary>Takes a piece of a line: without CR LF, and without the dot that SMTP puts in front of one.</summary>
    /// <exception cref="SigningException">It is to be signed, and cannot be.</exception>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (!_inHeader)
            _body?.Add(piece, endsLine);
        else if (!_header.Add(piece, endsLine))
            EndHeader();
    }

    /// <summary>Ends the message.</summary>
    /// <param name="seconds">The time of the signature, since 1970.</param>
    /// <returns>A field for each key, and what the log says of it; none: the message is not to be signed.</returns>
    /// <exception cref="SigningException">It is to be signed, and cannot be.</exception>
    internal IReadOnlyList<MessageSignature> Finish(long seconds)
    {
        if (_inHeader)
            EndHeader();
        if (_body is null || _rule is null)
            return [];
        string bodyHash = Convert.ToBase64String(_body.Finish());
        (List<string> names, byte[] signed) = SignedHeaders(_rule);
        List<MessageSignature> signatures = [];
        foreach ((DkimKeySetting setting, DkimKey key) in _keys)
            signatures.Add(new MessageSignature(_rule.Domain, setting.Selector, Field(_rule, setting, key, seconds, bodyHash, names, signed)));
        return signatures;
    }

    public void Dispose() => _hash?.Dispose();

    private void EndHeader()
    {
        _inHeader = false;
        _header.End();
        if (_header.Fields.FirstOrDefault(static field => field.IsNamed("From")) is not { } from
            || HeaderAddresses.Parse(from.Value) is not [var author, ..] || _signing.For(Address.DomainOf(author.Address)) is not { } rule)
            return;
        List<DkimKeySetting> settings = [.. rule.Keys.Where(key => !IsSignedBy(rule.Domain, key.Selector))];
        if (settings.Count == 0)
            return;
        if (_header.IsTooLarge)
            throw new SigningException("its header is too large for it") { IsOfMessage = true };
        foreach (DkimKeySetting setting in settings)
            _keys.Add((setting, _signing.KeyOf(setting)));
        (_rule, _hash) = (rule, IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        _body = new BodyHash(rule.HasRelaxedBody, _hash);
    }

    // Whoever has signed it before with the same key: we, or somebody else of this domain.
    private bool IsSignedBy(string domain, string selector) => _header.Fields.Where(static field => field.IsNamed(Signing.HeaderNameOfSignature))
        .Select(static field => TagList.Parse(field.Value)).Any(tags => Is(tags?["d"], domain) && Is(tags?["s"], selector));

    private static bool Is(string? value, string name) => string.Equals(value, name, StringComparison.OrdinalIgnoreCase);

    // The names of h=, and the fields in the form to be signed. Of fields with one name the last comes first (section 5.4.2); a name without a field
    // forbids one.
    private (List<string> Names, byte[] Signed) SignedHeaders(DkimRule rule)
    {
        List<string> names = [];
        List<byte> signed = [];
        foreach (string name in rule.Headers)
        {
            for (int i = _header.Fields.Count - 1; i >= 0; i--)
            {
                if (!_header.Fields[i].IsNamed(name))
                    continue;
                names.Add(name);
                _header.Fields[i].AppendTo(signed, rule.HasRelaxedHeaders);
                signed.AddRange("\r\n"u8);
            }
            if (rule.Oversigned.Contains(name, StringComparer.OrdinalIgnoreCase))
                names.Add(name);
        }
        return (names, [.. signed]);
    }

    private byte[] Field(DkimRule rule, DkimKeySetting setting, DkimKey key, long seconds, string bodyHash, List<string> names, byte[] signed)
    {
        SignatureField field = new();
        field.Add("v", "1");
        field.Add("a", key.Algorithm);
        field.Add("c", rule.Canonicalization);
        field.Add("d", rule.Domain);
        field.Add("s", setting.Selector);
        field.Add("t", seconds.ToString(CultureInfo.InvariantCulture));
        if (rule.Identity.Length > 0)
            field.Add("i", rule.Identity);
        field.Add("h", names);
        field.Add("bh", bodyHash);
        List<byte> last = [];
        new HeaderField(field.Unsigned()).AppendTo(last, rule.HasRelaxedHeaders);
        _hash!.AppendData(signed);
        _hash.AppendData(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(last));
        try
        {
            return field.Signed(key.Sign(_hash.GetHashAndReset()));
        }
        catch (CryptographicException e)
        {
            throw new SigningException(setting.Refuse(KeyFiles.Problem(setting.File, e)).Message);
        }
    }
}

/// <summary>A signature of a message.</summary>
/// <param name="Domain">d=.</param>
/// <param name="Selector">s=.</param>
/// <param name="Field">CR LF between its lines, and none behind the last.</param>
internal sealed record MessageSignature(string Domain, string Selector, byte[] Field);
