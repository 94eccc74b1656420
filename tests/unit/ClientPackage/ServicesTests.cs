using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PostfixNet.Client;

namespace PostfixNet.UnitTests.ClientPackage;

/// <summary>The package within an application.</summary>
public sealed class ServicesTests
{
    [Fact]
    public async Task An_application_gets_one_queue_and_knows_its_health()
    {
        using ScriptedServer server = new(static (_, _) => null);
        ServiceCollection services = new();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddPostfixNet(options => (options.Host, options.Port) = ("127.0.0.1", server.Port));
        services.AddHealthChecks().AddPostfixNet(failureStatus: HealthStatus.Degraded);
        await using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        Assert.Same(provider.GetRequiredService<IMailQueue>(), provider.GetRequiredService<IMailQueue>());
        Assert.NotNull(provider.GetRequiredService<IMailEvents>());
        HealthCheckService health = provider.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        Assert.Contains("NOOP", server.Lines);
        server.Dispose();
        HealthReport report = await health.CheckHealthAsync();
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.StartsWith("127.0.0.1:", report.Entries["postfixnet"].Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "give Socket, e.g. \"/var/spool/postfix.net/public/submit\", or Host")]
    [InlineData("Socket=/s Host=h", "Socket and Host exclude each other")]
    [InlineData("Socket=s", "Socket must be an absolute path of at most 107 bytes, not \"s\"")]
    [InlineData("Host=h Port=0", "Port must be 1 to 65535, not 0")]
    [InlineData("Host=h UserName=u", "UserName and Password go together")]
    [InlineData("Host=h UserName=u Password=secret Tls=None", "a password does not go to another host without TLS: set Tls to StartTls or Wrapped")]
    [InlineData("Socket=/s UserName=u Password=secret", "there is no login at Socket: the server knows the account of the process")]
    [InlineData("Socket=/s Tls=StartTls", "there is no TLS at Socket")]
    [InlineData("Host=h MaxConnections=0", "MaxConnections must be 1 to 1000, not 0")]
    [InlineData("Host=h TrustedCertificates=/none.pem", "TrustedCertificates: there is no file \"/none.pem\"")]
    [InlineData("Host=h EventsDirectory=x", "EventsDirectory must be an absolute path, not \"x\"")]
    [InlineData("Socket= Host=", "give Socket, e.g. \"/var/spool/postfix.net/public/submit\", or Host")]
    [InlineData("Host=h TrustedCertificates=/dev/null", "TrustedCertificates: \"/dev/null\" has no certificate in PEM")]
    public void What_is_wrong_with_options_is_said_at_the_start(string settings, string problem)
    {
        ServiceCollection services = new();
        services.AddPostfixNet(options => Set(options, settings));
        using ServiceProvider provider = services.BuildServiceProvider();
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IStartupValidator>().Validate);
        Assert.Equal([$"PostfixNet: {problem}"], e.Failures);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        PostfixNetOptions same = new();
        Set(same, settings);
        Assert.Throws<OptionsValidationException>(() => new MailQueue(same));
    }

    [Fact]
    public void Certificates_that_are_none_are_told_at_the_start()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n");
            OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => new MailQueue(new PostfixNetOptions { Host = "h", TrustedCertificates = file }));
            Assert.StartsWith($"PostfixNet: TrustedCertificates: \"{file}\": ", Assert.Single(e.Failures), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // As of variables of the environment that are there, and empty.
    [Fact]
    public async Task What_is_empty_is_not_set()
    {
        using ScriptedServer server = new(static (_, _) => null);
        PostfixNetOptions options = new() { Host = "127.0.0.1", Port = server.Port, Socket = "", ServerName = "", StatusSocket = "", EventsDirectory = "" };
        using MailQueue queue = new(options);
        await queue.CheckAsync();
        await Assert.ThrowsAsync<MailQueueNotSupportedException>(() => queue.GetStatusAsync("X"));
        Assert.Throws<MailQueueNotSupportedException>(() => new MailEvents(options).Latest());
    }

    [Theory]
    [InlineData("Socket= Host=h UserName=u Password=p", MailTls.StartTls)]
    [InlineData("Host=h UserName=u Password=p", MailTls.StartTls)]
    [InlineData("Host=localhost UserName=u Password=p", MailTls.None)]
    [InlineData("Host=::1", MailTls.None)]
    [InlineData("Host=127.0.0.1 Tls=StartTls", MailTls.StartTls)]
    [InlineData("Socket=/s", MailTls.None)]
    public void TLS_is_what_the_place_asks_for(string settings, MailTls tls)
    {
        PostfixNetOptions options = new();
        Set(options, settings);
        Assert.Equal(tls, options.Copy().EffectiveTls);
        using MailQueue queue = new(options);
    }

    private static void Set(PostfixNetOptions options, string settings)
    {
        foreach (string[] pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static setting => setting.Split('=')))
        {
            System.Reflection.PropertyInfo property = typeof(PostfixNetOptions).GetProperty(pair[0])!;
            property.SetValue(options, property.PropertyType == typeof(int) ? int.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)
                : property.PropertyType == typeof(MailTls?) ? Enum.Parse<MailTls>(pair[1]) : pair[1]);
        }
    }
}
