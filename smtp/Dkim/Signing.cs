using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Dkim;

namespace PostfixNet.Smtp;

/// <summary>Which mail is signed, and with which keys: the tables [dkim."DOMAIN"]. A key is read when the first message wants it.</summary>
internal sealed class Signing
{
    // What a signature may need besides, to know whose mail it is, and whether it is signed already.
    private static readonly string[] s_always = ["From", HeaderNameOfSignature];

    private readonly DkimRules _rules;
    private readonly string[] _names;
    private readonly Dictionary<DkimKeySetting, DkimKey> _keys = [];

    /// <param name="sendsUnsigned">Mail whose key cannot be used is sent without a signature; else it waits.</param>
    internal Signing(DkimRules rules, bool sendsUnsigned)
    {
        (_rules, SendsUnsigned) = (rules, sendsUnsigned);
        _names = [.. rules.All.SelectMany(static rule => rule.Headers).Concat(s_always).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    internal const string HeaderNameOfSignature = "DKIM-Signature";

    /// <summary>smtp_dkim_failure_action is "send".</summary>
    internal bool SendsUnsigned { get; }

    /// <summary>null: nothing is signed.</summary>
    /// <param name="service">Name of the service: lmtp has parameters of its own.</param>
    /// <exception cref="ConfigurationException">Something in the tables is wrong.</exception>
    internal static Signing? Read(MainConfig config, string service)
    {
        bool sendsUnsigned = config.ForTransport(Parameters.SmtpDkimFailureAction, service) == "send";
        return IsWanted(config, service) ? new Signing(config.Dkim, sendsUnsigned) : null;
    }

    /// <summary>Mail that leaves by this service may be signed.</summary>
    internal static bool IsWanted(MainConfig config, string service) => config.ForTransport(Parameters.SmtpDkimSigning, service) && !config.Dkim.IsEmpty;

    /// <summary>Some table signs fields of that name, or they say whether to sign.</summary>
    internal bool Matters(ReadOnlySpan<byte> name)
    {
        foreach (string known in _names)
        {
            if (Ascii.EqualsIgnoreCase(name, known))
                return true;
        }
        return false;
    }

    /// <inheritdoc cref="DkimRules.For"/>
    internal DkimRule? For(string domain) => _rules.For(domain);

    /// <summary>The key of a setting.</summary>
    /// <exception cref="SigningException">It cannot be read, or is none.</exception>
    internal DkimKey KeyOf(DkimKeySetting setting)
    {
        if (_keys.TryGetValue(setting, out DkimKey? key))
            return key;
        try
        {
            key = KeyFiles.Read(setting.File);
        }
        catch (Exception e) when (e is IOException or FormatException or CryptographicException)
        {
            throw new SigningException(setting.Refuse(KeyFiles.Problem(setting.File, e)).Message);
        }
        _keys.Add(setting, key);
        return key;
    }

    /// <summary>Reads all keys, for a check of the configuration.</summary>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    internal void Examine()
    {
        ProblemList problems = new();
        foreach (DkimKeySetting setting in _rules.All.SelectMany(static rule => rule.Keys))
            problems.Try(() => Examine(setting));
        problems.ThrowIfAny();
    }

    private static void Examine(DkimKeySetting setting)
    {
        const int GoodBits = 2048;
        try
        {
            using DkimKey key = KeyFiles.Read(setting.File);
            if (key is { Kind: "rsa", Bits: < GoodBits })
                setting.Remark($"{setting.File}: an RSA key of {key.Bits} bits can be broken; make one of {GoodBits} (RFC 8301), with a selector of its own");
            if (KeyFiles.IsOpenToAll(setting.File))
                setting.Remark($"every user can read {setting.File}, and sign as this domain; give it mode 0600 and mail_owner as its owner");
        }
        catch (Exception e) when (e is IOException or FormatException or CryptographicException)
        {
            throw setting.Refuse(KeyFiles.Problem(setting.File, e));
        }
    }
}
