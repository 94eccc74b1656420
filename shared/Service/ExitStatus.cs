namespace PostfixNet.Service;

/// <summary>Exit statuses, as sysexits.h names them.</summary>
public static class ExitStatus
{
    /// <summary>EX_OK.</summary>
    public const int Ok = 0;

    /// <summary>EX_USAGE: bad command line.</summary>
    public const int Usage = 64;

    /// <summary>EX_DATAERR: the input cannot be used.</summary>
    public const int BadData = 65;

    /// <summary>EX_UNAVAILABLE: the mail system is down.</summary>
    public const int Unavailable = 69;

    /// <summary>EX_SOFTWARE: a bug.</summary>
    public const int Software = 70;

    /// <summary>EX_TEMPFAIL: try again later.</summary>
    public const int TemporaryFailure = 75;

    /// <summary>EX_NOPERM: not permitted.</summary>
    public const int NoPermission = 77;

    /// <summary>EX_CONFIG: bad configuration.</summary>
    public const int Configuration = 78;
}
