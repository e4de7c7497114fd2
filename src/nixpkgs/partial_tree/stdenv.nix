# stdenv, as far as packages see it while they are evaluated.
{ open }:
let
  platform = open {
    system = "x86_64-linux";
    config = "x86_64-unknown-linux-gnu";
    isLinux = true;
    isUnix = true;
    isGnu = true;
    isGlibc = true;
    isElf = true;
    isx86 = true;
    isx86_64 = true;
    is64bit = true;
    isLittleEndian = true;
    isDarwin = false;
    isMacOS = false;
    isBSD = false;
    isFreeBSD = false;
    isOpenBSD = false;
    isNetBSD = false;
    isWindows = false;
    isCygwin = false;
    isMinGW = false;
    isMusl = false;
    isStatic = false;
    isAndroid = false;
    isWasm = false;
    isWasi = false;
    isi686 = false;
    isx86_32 = false;
    is32bit = false;
    isAarch = false;
    isAarch32 = false;
    isAarch64 = false;
    isArm = false;
    isArmv7 = false;
    isMips = false;
    isPower = false;
    isPower64 = false;
    isRiscV = false;
    isRiscV64 = false;
    isLoongArch64 = false;
    isS390x = false;
    isBigEndian = false;
    hasSharedLibraries = true;
    extensions = open {
      sharedLibrary = ".so";
      staticLibrary = ".a";
      executable = "";
      library = ".so";
    };
    canExecute = _: true;
  };

  makeExtensible =
    rattrs:
    let
      args = rattrs (args // { inherit finalPackage overrideAttrs; });
      overrideAttrs =
        change:
        makeExtensible (
          final:
          let
            previous = rattrs final;
            first = change previous;
            changed =
              if !builtins.isFunction change then
                change
              else if builtins.isFunction first then
                change final previous
              else
                first;
          in
          previous // changed
        );
      finalPackage = make overrideAttrs args;
    in
    finalPackage;

  make =
    overrideAttrs: attrs:
    let
      passthru = attrs.passthru or { };
      name = attrs.name or (if attrs ? pname && attrs ? version then "${attrs.pname}-${attrs.version}" else attrs.pname or "source");
      drv = derivation (
        {
          strictDeps = false;
          __structuredAttrs = false;
        }
        // removeAttrs attrs [
          "meta"
          "passthru"
          "pos"
          "env"
        ]
        // {
          inherit name;
          system = "x86_64-linux";
          builder = "/bin/sh";
        }
      );
    in
    drv
    // {
      inherit stdenv;
      meta = open (attrs.meta or { });
      inherit passthru overrideAttrs;
    }
    // passthru;

  stdenv = open {
    type = "derivation";
    name = "stdenv-linux";
    mkDerivation = attrs: makeExtensible (if builtins.isFunction attrs then attrs else _: attrs);
    hostPlatform = platform;
    buildPlatform = platform;
    targetPlatform = platform;
    inherit (platform)
      system
      isLinux
      isDarwin
      isBSD
      isFreeBSD
      isCygwin
      is32bit
      is64bit
      isx86_64
      isi686
      isAarch32
      isAarch64
      isMips
      isBigEndian
      ;
    cc = open {
      isGNU = true;
      isClang = false;
    };
    hasCC = true;
    shell = "/bin/sh";
    override = _: stdenv;
  };
in
stdenv
