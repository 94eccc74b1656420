using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.Logins;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    internal void Refused(string login, RefusedLogin refused) => log.Warning(string.Create(CultureInfo.InvariantCulture,
        $"login {PrintableText.Of(login)} refused: {PrintableText.Of(refused.Reply)}; tried again in {refused.Until - refused.At} s at the earliest, until then its mail waits (\"master auth-test\" tries it at once)"));

    internal void AcceptedAgain(string login) => log.Info($"login {PrintableText.Of(login)} accepted again");

    /// <param name="isFinal">Somebody has to mend it.</param>
    /// <param name="left">Seconds for which the present one is good; 0 or less: there is none.</param>
    internal void NoToken(string name, string why, bool isFinal, TimeSpan pause, long left) => log.Warning(PrintableText.Of(string.Create(CultureInfo.InvariantCulture,
        $"{(left > 0 ? $"token {name} not renewed" : $"no token {name}")}: {why}; {(isFinal ? "somebody has to mend that, " : "")}{(left > 0 ? $"the present one is good for {left} s" : "mail waits")}; tried again in {(long)pause.TotalSeconds} s{(isFinal ? ", or with another secret" : "")}")));

    internal void TokenFetchedAgain(string name, long lifetime) => log.Info(string.Create(CultureInfo.InvariantCulture, $"token {name} fetched again, good for {lifetime} s"));

    internal void Warning(string text) => log.Warning(PrintableText.Of(text));
}
