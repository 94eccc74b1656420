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

    internal void Warning(string text) => log.Warning(PrintableText.Of(text));
}
