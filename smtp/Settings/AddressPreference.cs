namespace PostfixNet.Smtp;

/// <summary>Which addresses of a server come first: smtp_address_preference.</summary>
internal enum AddressPreference { Any, IPv4, IPv6 }
