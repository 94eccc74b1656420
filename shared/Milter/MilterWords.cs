namespace PostfixNet.Milter;

/// <summary>What a mail server tells a milter: the letter of the packet.</summary>
internal enum MilterEvent : byte
{
    Negotiate = (byte)'O',
    Macros = (byte)'D',
    Connect = (byte)'C',
    Helo = (byte)'H',
    Mail = (byte)'M',
    Rcpt = (byte)'R',
    Data = (byte)'T',
    Unknown = (byte)'U',
    Header = (byte)'L',
    EndOfHeaders = (byte)'N',
    Body = (byte)'B',
    EndOfMessage = (byte)'E',
    Abort = (byte)'A',
    Quit = (byte)'Q',
}

/// <summary>What a milter answers.</summary>
internal enum MilterAnswer : byte
{
    Continue = (byte)'c',
    Accept = (byte)'a',
    Reject = (byte)'r',
    TemporaryFailure = (byte)'t',
    Discard = (byte)'d',
    ReplyCode = (byte)'y',
    ShutDown = (byte)'4',
    ConnectionFailure = (byte)'f',
    Progress = (byte)'p',
    Skip = (byte)'s',
    Quarantine = (byte)'q',
    AddHeader = (byte)'h',
    InsertHeader = (byte)'i',
    ChangeHeader = (byte)'m',
    ReplaceBody = (byte)'b',
    ChangeSender = (byte)'e',
    AddRecipient = (byte)'+',
    AddRecipientWithParameters = (byte)'2',
    DeleteRecipient = (byte)'-',
    SetMacros = (byte)'l',
}

/// <summary>What a milter may ask to be done with a message; it says in the negotiation which of it it may ask.</summary>
[Flags]
internal enum MilterActions : uint
{
    None = 0,
    AddHeaders = 1,
    ChangeBody = 2,
    AddRecipients = 4,
    DeleteRecipients = 8,
    ChangeHeaders = 0x10,
    Quarantine = 0x20,
    ChangeSender = 0x40,
    AddRecipientsWithParameters = 0x80,
    SetMacros = 0x100,
    All = 0x1FF,
}

/// <summary>What a milter does not want to be told, and does not answer.</summary>
[Flags]
internal enum MilterProtocol : uint
{
    None = 0,
    NoConnect = 1,
    NoHelo = 2,
    NoMail = 4,
    NoRcpt = 8,
    NoBody = 0x10,
    NoHeaders = 0x20,
    NoEndOfHeaders = 0x40,
    SilentHeader = 0x80,
    NoUnknown = 0x100,
    NoData = 0x200,
    MaySkip = 0x400,
    WantsRejectedRecipients = 0x800,
    SilentConnect = 0x1000,
    SilentHelo = 0x2000,
    SilentMail = 0x4000,
    SilentRcpt = 0x8000,
    SilentData = 0x1_0000,
    SilentUnknown = 0x2_0000,
    SilentEndOfHeaders = 0x4_0000,
    SilentBody = 0x8_0000,
    KeepsLeadingSpace = 0x10_0000,

    Version2 = NoConnect | NoHelo | NoMail | NoRcpt | NoBody | NoHeaders | NoEndOfHeaders,
    Version3 = Version2 | NoUnknown,
    Version4 = Version3 | NoData,
    Version6 = 0x1F_FFFF,
}

/// <summary>Names in the log: those of libmilter, which people look for.</summary>
internal static class MilterWords
{
    /// <summary>The parts of the protocol that a version has; those of the next lower one for a version between.</summary>
    internal static MilterProtocol Of(uint version) => version switch
    {
        >= 6 => MilterProtocol.Version6,
        >= 4 => MilterProtocol.Version4,
        3 => MilterProtocol.Version3,
        _ => MilterProtocol.Version2,
    };

    internal static string Name(MilterEvent told) => told switch
    {
        MilterEvent.Negotiate => "SMFIC_OPTNEG",
        MilterEvent.Macros => "SMFIC_MACRO",
        MilterEvent.Connect => "SMFIC_CONNECT",
        MilterEvent.Helo => "SMFIC_HELO",
        MilterEvent.Mail => "SMFIC_MAIL",
        MilterEvent.Rcpt => "SMFIC_RCPT",
        MilterEvent.Data => "SMFIC_DATA",
        MilterEvent.Unknown => "SMFIC_UNKNOWN",
        MilterEvent.Header => "SMFIC_HEADER",
        MilterEvent.EndOfHeaders => "SMFIC_EOH",
        MilterEvent.Body => "SMFIC_BODY",
        MilterEvent.EndOfMessage => "SMFIC_BODYEOB",
        MilterEvent.Abort => "SMFIC_ABORT",
        _ => "SMFIC_QUIT",
    };

    internal static string Name(MilterAnswer answer) => answer switch
    {
        MilterAnswer.Continue => "SMFIR_CONTINUE",
        MilterAnswer.Accept => "SMFIR_ACCEPT",
        MilterAnswer.Reject => "SMFIR_REJECT",
        MilterAnswer.TemporaryFailure => "SMFIR_TEMPFAIL",
        MilterAnswer.Discard => "SMFIR_DISCARD",
        MilterAnswer.ReplyCode => "SMFIR_REPLYCODE",
        MilterAnswer.ShutDown => "SMFIR_SHUTDOWN",
        MilterAnswer.ConnectionFailure => "SMFIR_CONN_FAIL",
        MilterAnswer.Progress => "SMFIR_PROGRESS",
        MilterAnswer.Skip => "SMFIR_SKIP",
        MilterAnswer.Quarantine => "SMFIR_QUARANTINE",
        MilterAnswer.AddHeader => "SMFIR_ADDHEADER",
        MilterAnswer.InsertHeader => "SMFIR_INSHEADER",
        MilterAnswer.ChangeHeader => "SMFIR_CHGHEADER",
        MilterAnswer.ReplaceBody => "SMFIR_REPLBODY",
        MilterAnswer.ChangeSender => "SMFIR_CHGFROM",
        MilterAnswer.AddRecipient => "SMFIR_ADDRCPT",
        MilterAnswer.AddRecipientWithParameters => "SMFIR_ADDRCPT_PAR",
        MilterAnswer.DeleteRecipient => "SMFIR_DELRCPT",
        MilterAnswer.SetMacros => "SMFIR_SETSYMLIST",
        _ => "(unknown filter reply)",
    };
}
