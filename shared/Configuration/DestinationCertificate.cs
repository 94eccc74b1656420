namespace PostfixNet.Configuration;

/// <summary>What a table [destination."NAME"] says of the certificate that its servers get to see.</summary>
/// <param name="File">Path of the file with the certificate, and those that lead to its root, in PEM: tls_certificate.</param>
/// <param name="Place">Where main.toml says so.</param>
/// <param name="KeyFile">Path of the file with its private key, in PEM: tls_key; without that, the same file.</param>
/// <param name="KeyPlace">Where main.toml says so.</param>
public sealed record DestinationCertificate(string File, SettingPlace Place, string KeyFile, SettingPlace KeyPlace);
