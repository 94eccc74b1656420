using System.Security.Cryptography;
using PostfixNet.Login;

namespace PostfixNet.Smtp.Sasl;

/// <summary>A mechanism that this program can use.</summary>
internal sealed class MechanismKind
{
    // The best first.
    private static readonly MechanismKind[] s_all =
    [
        new("SCRAM-SHA-256-PLUS", SecurityOptionWords.OfScram),
        new("SCRAM-SHA-256", SecurityOptionWords.OfScram),
        new("SCRAM-SHA-1-PLUS", SecurityOptionWords.OfScram),
        new("SCRAM-SHA-1", SecurityOptionWords.OfScram),
        new("CRAM-MD5", SecurityOptions.NoPlaintext),
        new("PLAIN", SecurityOptions.None),
        new("LOGIN", SecurityOptions.None),
        new("OAUTHBEARER", SecurityOptions.NoDictionary, takesToken: true),
        new("XOAUTH2", SecurityOptions.NoDictionary, takesToken: true),
    ];

    private MechanismKind(string name, SecurityOptions offers, bool takesToken = false) =>
        (Name, Offers, TakesToken) = (name, offers | SecurityOptions.NoAnonymous, takesToken);

    /// <summary>As in the AUTH command.</summary>
    internal string Name { get; }

    /// <summary>A token instead of a password.</summary>
    internal bool TakesToken { get; }

    private SecurityOptions Offers { get; }

    internal bool IsScram => Name.StartsWith("SCRAM-", StringComparison.Ordinal);

    internal bool BindsChannel => Name.EndsWith("-PLUS", StringComparison.Ordinal);

    /// <summary>All, the best first.</summary>
    internal static IReadOnlyList<MechanismKind> All => s_all;

    /// <summary>The words of smtp_sasl_security_options that it does not satisfy; empty: it does.</summary>
    internal string Lacks(SecurityOptions demands) => ((demands & ~Offers) == SecurityOptions.None ? "" : (demands & ~Offers).ToString().ToLowerInvariant());

    /// <summary>The same mechanism without channel binding; null: it has none.</summary>
    internal MechanismKind? Unbound => BindsChannel ? Array.Find(s_all, kind => kind.Name == Name[..^"-PLUS".Length]) : null;

    /// <summary>The best mechanism for a login; null when there is none.</summary>
    /// <param name="allowed">Names in capitals: what the server offers and smtp_sasl_mechanism_filter lets through.</param>
    /// <param name="demands">See <see cref="SecurityOptions"/>.</param>
    /// <param name="hasToken">The login has a token, not a password.</param>
    /// <param name="canBind">There is a certificate to bind the login to.</param>
    internal static MechanismKind? Choose(IReadOnlyList<string> allowed, SecurityOptions demands, bool hasToken, bool canBind)
    {
        foreach (MechanismKind kind in s_all)
        {
            if (kind.TakesToken == hasToken && (kind.Offers & demands) == demands && (canBind || !kind.BindsChannel) && allowed.Contains(kind.Name))
                return kind;
        }
        return null;
    }

    /// <summary>Begins a login.</summary>
    /// <param name="secret">Password or token.</param>
    /// <param name="offered">What the server offers, before any filter.</param>
    internal Mechanism Start(string user, string secret, SmtpPeer peer, byte[]? endPoint, IReadOnlyList<string> offered) => Name switch
    {
        "PLAIN" => new PlainMechanism(user, secret),
        "LOGIN" => new LoginMechanism(user, secret),
        "CRAM-MD5" => new CramMd5Mechanism(user, secret),
        "XOAUTH2" => new XOAuth2Mechanism(user, secret),
        "OAUTHBEARER" => new OAuthBearerMechanism(user, secret, peer.Host, peer.Port),
        _ => StartScram(user, secret, endPoint, offered),
    };

    private ScramMechanism StartScram(string user, string password, byte[]? endPoint, IReadOnlyList<string> offered)
    {
        bool isSha1 = Name.StartsWith("SCRAM-SHA-1", StringComparison.Ordinal);
        // A server that offers -PLUS refuses "y": it means that the client did not see the offer. So a filter that keeps us
        // from binding must be admitted as "n".
        ScramBinding binding = BindsChannel ? ScramBinding.ServerEndPoint
            : endPoint is not null && !OffersBinding(offered) ? ScramBinding.NotOffered
            : ScramBinding.None;
        return new ScramMechanism(isSha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, user, password, binding, endPoint ?? [], Scram.NewNonce());
    }

    private static bool OffersBinding(IReadOnlyList<string> offered)
    {
        foreach (string name in offered)
        {
            if (name.StartsWith("SCRAM-", StringComparison.Ordinal) && name.EndsWith("-PLUS", StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
