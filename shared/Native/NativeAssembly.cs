// Lets ahead-of-time compilation include the calls into the C library; without it each costs a just-in-time compilation.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
