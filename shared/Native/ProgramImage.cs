using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>The running program's own file, as it lies in this process's memory.</summary>
public static unsafe class ProgramImage
{
    private const ulong HeadersOfProgram = 3, NumberOfHeaders = 5; // getauxval(3): AT_PHDR, AT_PHNUM
    private const uint Loaded = 1, Itself = 6, Writable = 2;       // elf(5): PT_LOAD, PT_PHDR, PF_W

    /// <summary>Lets go of the pages of code and constants that are in memory now, 1 to 2 MB after a start: most of them served the
    /// start alone. What is needed again comes back from the page cache as it is touched. For a process that will live long, once it
    /// has come to rest. A program whose file cannot be read keeps them.</summary>
    public static void LetGo()
    {
        LibC.ProgramHeader* headers = (LibC.ProgramHeader*)LibC.GetAuxVal(HeadersOfProgram);
        int count = (int)LibC.GetAuxVal(NumberOfHeaders);
        if (headers == null || Environment.ProcessPath is not { } path)
            return;
        nuint start = 0;
        for (int i = 0; i < count; i++)
            if (headers[i].Type == Itself)
                start = (nuint)headers - headers[i].Address;
        try
        {
            using SafeFileHandle file = FileSystem.Open(path);
            for (int i = 0; i < count; i++)
                if (headers[i].Type == Loaded && (headers[i].Flags & Writable) == 0)
                    LetGo(file, headers[i], (byte*)start + headers[i].Address);
        }
        catch (IOException)
        {
        }
    }

    // Only pages that are as in the file. Constants are not all: at its start the runtime puts a random value among them, with
    // which functions find out that their stack was overwritten.
    private static void LetGo(SafeFileHandle file, in LibC.ProgramHeader part, byte* memory)
    {
        int pageSize = Environment.SystemPageSize;
        byte[] page = new byte[pageSize];
        nuint unaligned = (nuint)memory % (nuint)pageSize;
        long offset = (long)(part.Offset - unaligned);
        byte* end = memory + part.MemorySize;
        for (byte* p = memory - unaligned; p + pageSize <= end; p += pageSize, offset += pageSize)
        {
            // Whatever the advice leads to, what the pages hold stays the same.
            if (FileSystem.ReadAt(file, page, offset) == pageSize && page.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(p, pageSize)))
                _ = LibC.MAdvise((nuint)p, (nuint)pageSize, LibC.MADV_DONTNEED);
        }
    }
}
