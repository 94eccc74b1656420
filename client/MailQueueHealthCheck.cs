using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PostfixNet.Client;

/// <summary>Healthy: the mail system answers. Else as the registration says, with the reason.</summary>
internal sealed class MailQueueHealthCheck(IMailQueue queue) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await queue.CheckAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy("the mail system answers");
        }
        catch (MailQueueException e)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
