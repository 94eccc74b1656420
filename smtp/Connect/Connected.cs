using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>A connection that was made, and to which address.</summary>
internal sealed record Connected(HostAddress Host, SocketStream Stream);
