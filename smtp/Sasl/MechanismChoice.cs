using PostfixNet.Login;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Which mechanism a login goes by, and why not by the others.</summary>
/// <param name="offered">By the server, in capitals.</param>
/// <param name="filter">smtp_sasl_mechanism_filter.</param>
/// <param name="demands">Of this connection.</param>
/// <param name="hasToken">The login has a token, not a password.</param>
/// <param name="canBind">There is a certificate to bind the login to.</param>
internal sealed class MechanismChoice(IReadOnlyList<string> offered, IReadOnlyList<string> filter, SecurityOptions demands, bool hasToken, bool canBind)
{
    private readonly List<string> _allowed = MechanismFilter.Apply(filter, offered);

    /// <summary>The server offers something that the filter lets through.</summary>
    internal bool IsAnyAllowed => _allowed.Count > 0;

    /// <summary>The mechanism; null: there is none.</summary>
    internal MechanismKind? Kind => MechanismKind.Choose(_allowed, demands, hasToken, canBind);

    /// <summary>Why a mechanism that the server offers is not used; null: it is.</summary>
    internal string? WhyNot(string name)
    {
        if (name == Kind?.Name)
            return null;
        MechanismKind? kind = MechanismKind.All.FirstOrDefault(kind => kind.Name == name);
        return kind is null ? "not known here"
            : !_allowed.Contains(name) ? "smtp_sasl_mechanism_filter shuts it out"
            : kind.TakesToken != hasToken ? (hasToken ? "for passwords; the login has a token" : "for tokens; the login has a password")
            : kind.Lacks(demands) is { Length: > 0 } lacks ? $"smtp_sasl_security_options or its kin for TLS demand {lacks}"
            : !canBind && kind.BindsChannel ? "needs TLS, with a certificate of the server"
            : $"{Kind?.Name} is better";
    }
}
