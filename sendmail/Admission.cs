using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>Who may submit mail.</summary>
internal static class Admission
{
    /// <exception cref="SubmissionException">Not this caller.</exception>
    internal static void Require(Maildrop maildrop, Account? caller)
    {
        if (!maildrop.Admits(caller?.Name))
            throw new SubmissionException($"User {SubmissionException.Name(caller)} is not allowed to submit mail", ExitStatus.NoPermission);
    }
}
