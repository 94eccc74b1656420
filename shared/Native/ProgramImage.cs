namespace PostfixNet.Native;

/// <summary>The running program's own file, as it lies in this process's memory.</summary>
public static unsafe class ProgramImage
{
    private const ulong HeadersOfProgram = 3, NumberOfHeaders = 5; // getauxval(3): AT_PHDR, AT_PHNUM
    private const uint Loaded = 1, Itself = 6, Writable = 2;       // elf(5): PT_LOAD, PT_PHDR, PF_W
    private const nuint PageSize = 4096;

    /// <summary>Lets go of the pages of code and constants that are in memory now, some 2 MB after a start: most of them served the
    /// start alone. What is needed again comes back from the page cache as it is touched. For a process that will live long, once
    /// it has come to rest.</summary>
    public static void LetGo()
    {
        LibC.ProgramHeader* headers = (LibC.ProgramHeader*)LibC.GetAuxVal(HeadersOfProgram);
        int count = (int)LibC.GetAuxVal(NumberOfHeaders);
        if (headers == null)
            return;
        nuint start = 0;
        for (int i = 0; i < count; i++)
            if (headers[i].Type == Itself)
                start = (nuint)headers - headers[i].Address;
        for (int i = 0; i < count; i++)
        {
            // Never what was written to, relocations among it: that is not in the file.
            if (headers[i].Type != Loaded || (headers[i].Flags & Writable) != 0)
                continue;
            nuint first = (start + headers[i].Address) & ~(PageSize - 1);
            nuint end = (start + headers[i].Address + headers[i].MemorySize) & ~(PageSize - 1);
            // Whatever it answers, nothing changes but where the pages are.
            _ = LibC.MAdvise(first, end - first, LibC.MADV_DONTNEED);
        }
    }
}
