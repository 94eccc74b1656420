# Sourced by build.sh and test.sh. One warm C# compiler for all projects of a run, under a name of its own, and ended with it:
# a cold one for each of twenty projects costs a minute. Nothing else is left behind either.
# compiler_start, compiler_stop: whoever started it ends it, the others use it.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

compiler=
compiler_start() {
    [ -z "${SharedCompilationId:-}" ] || return 0
    compiler=$(dirname "$(readlink -f "$(command -v dotnet)")")/sdk/$(dotnet --version)/Roslyn/bincore/VBCSCompiler.dll
    if [ -e "$compiler" ]; then
        # MSBuild takes its properties from the environment, too.
        export UseSharedCompilation=true SharedCompilationId="postfix.net-$$"
    else
        compiler=
        export UseSharedCompilation=false
    fi
}
compiler_stop() {
    [ -z "$compiler" ] || dotnet "$compiler" -shutdown "-pipename:$SharedCompilationId" >/dev/null 2>&1 || true
    compiler=
}
