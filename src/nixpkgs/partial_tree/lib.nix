# The part of lib that package definitions use most, for trees that have no lib of their own.  The rest is unknown.
{ open }:
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    concatStringsSep
    filter
    foldl'
    isAttrs
    isFunction
    isList
    isString
    listToAttrs
    mapAttrs
    replaceStrings
    stringLength
    substring
    ;
  lib = rec {
    inherit (builtins)
      all
      any
      attrNames
      attrValues
      baseNameOf
      catAttrs
      compareVersions
      concatLists
      concatMap
      concatStringsSep
      elem
      elemAt
      filter
      foldl'
      fromJSON
      functionArgs
      genList
      getAttr
      hasAttr
      head
      intersectAttrs
      isAttrs
      isBool
      isFunction
      isInt
      isList
      isPath
      isString
      length
      listToAttrs
      mapAttrs
      match
      partition
      readFile
      removeAttrs
      replaceStrings
      seq
      sort
      splitVersion
      stringLength
      substring
      tail
      toJSON
      trace
      typeOf
      ;
    id = x: x;
    const = x: _: x;
    flip =
      f: a: b:
      f b a;
    pipe = foldl' (x: f: f x);
    fix =
      f:
      let
        x = f x;
      in
      x;
    extends =
      overlay: f: final:
      let
        prev = f final;
      in
      prev // overlay final prev;
    composeExtensions =
      f: g: final: prev:
      let
        applied = f final prev;
      in
      applied // g final (prev // applied);
    composeManyExtensions = foldl' (a: b: composeExtensions a b) (_: _: { });
    toFunction = x: if isFunction x then x else _: x;
    isDerivation = x: x.type or null == "derivation";

    optional = condition: x: if condition then [ x ] else [ ];
    optionals = condition: xs: if condition then xs else [ ];
    optionalString = condition: s: if condition then s else "";
    optionalAttrs = condition: attrs: if condition then attrs else { };
    singleton = x: [ x ];
    toList = x: if isList x then x else [ x ];
    flatten = x: if isList x then concatMap flatten x else [ x ];
    forEach = xs: f: map f xs;
    imap0 = f: xs: builtins.genList (n: f n (builtins.elemAt xs n)) (builtins.length xs);
    last = xs: builtins.elemAt xs (builtins.length xs - 1);
    unique = foldl' (seen: x: if builtins.elem x seen then seen else seen ++ [ x ]) [ ];

    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    filterAttrs = keep: attrs: removeAttrs attrs (filter (name: !keep name attrs.${name}) (attrNames attrs));
    mapAttrs' = f: attrs: listToAttrs (map (name: f name attrs.${name}) (attrNames attrs));
    mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (attrNames attrs);
    mergeAttrs = a: b: a // b;
    attrByPath =
      path: default: set:
      if path == [ ] then
        set
      else if set ? ${builtins.head path} then
        attrByPath (builtins.tail path) default set.${builtins.head path}
      else
        default;
    recursiveUpdate =
      a: b:
      a
      // mapAttrs (
        name: value: if isAttrs value && isAttrs (a.${name} or null) then recursiveUpdate a.${name} value else value
      ) b;

    concatStrings = concatStringsSep "";
    concatMapStrings = f: xs: concatStrings (map f xs);
    concatMapStringsSep =
      separator: f: xs:
      concatStringsSep separator (map f xs);
    concatLines = concatMapStrings (line: line + "\n");
    hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
    hasSuffix =
      suffix: s:
      let
        rest = stringLength s - stringLength suffix;
      in
      rest >= 0 && substring rest (stringLength s) s == suffix;
    removePrefix = prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
    removeSuffix =
      suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
    escapeShellArg = s: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString s)}'";
    boolToString = b: if b then "true" else "false";
    versionOlder = a: b: builtins.compareVersions b a == 1;
    versionAtLeast = a: b: !versionOlder a b;
    getVersion = x: if isString x then (builtins.parseDrvName x).version else x.version or "";
    getName = x: if isString x then (builtins.parseDrvName x).name else x.pname or "";
    versions = open {
      major = v: builtins.elemAt (builtins.splitVersion v) 0;
      minor = v: builtins.elemAt (builtins.splitVersion v) 1;
      patch = v: builtins.elemAt (builtins.splitVersion v) 2;
      majorMinor = v: concatStringsSep "." (builtins.genList (builtins.elemAt (builtins.splitVersion v)) 2);
    };
    fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    fakeSha256 = "0000000000000000000000000000000000000000000000000000000000000000";

    assertMsg = condition: message: condition || throw message;
    throwIf = condition: message: if condition then throw message else id;
    throwIfNot = condition: message: if condition then id else throw message;
    warn = _: x: x;
    warnIf = _: _: x: x;
    warnIfNot = _: _: x: x;

    addMetaAttrs = meta: drv: drv // { meta = drv.meta or { } // meta; };
    lowPrio = addMetaAttrs { priority = 10; };
    hiPrio = addMetaAttrs { priority = -10; };
    setPrio = priority: addMetaAttrs { inherit priority; };
    recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };
    dontRecurseIntoAttrs = attrs: attrs // { recurseForDerivations = false; };
    getOutput = output: drv: if drv.outputSpecified or false then drv else drv.${output} or drv.out or drv;
    getBin = getOutput "bin";
    getLib = getOutput "lib";
    getDev = getOutput "dev";
    getMan = getOutput "man";
    getExe = drv: "${getBin drv}/bin/${drv.meta.mainProgram or (getName drv)}";
    getExe' = drv: name: "${getBin drv}/bin/${name}";
    makeBinPath = concatMapStringsSep ":" (drv: "${getBin drv}/bin");
    makeLibraryPath = concatMapStringsSep ":" (drv: "${getLib drv}/lib");
    licenses = open { };
    maintainers = open { };
    teams = open { };
    platforms = open { };
    sourceTypes = open { };
    systems = open { };

    setFunctionArgs = f: args: {
      __functor = _: f;
      __functionArgs = args;
    };
    mirrorFunctionArgs = f: g: setFunctionArgs g (f.__functionArgs or (builtins.functionArgs f));
    makeOverridable =
      f: args:
      let
        result = f args;
        mirror = mirrorFunctionArgs f;
        override = mirror (new: makeOverridable f (args // (if isFunction new then new args else new)));
      in
      if isAttrs result then
        result
        // {
          inherit override;
          overrideDerivation = change: makeOverridable (mirror (args: (f args) // change (f args))) args;
          ${if result ? overrideAttrs then "overrideAttrs" else null} =
            change: makeOverridable (mirror (args: (f args).overrideAttrs change)) args;
        }
      else if isFunction result then
        setFunctionArgs result (builtins.functionArgs result) // { inherit override; }
      else
        result;
    makeScope =
      newScope: f:
      let
        self = f self // {
          newScope = scope: newScope (self // scope);
          callPackage = self.newScope { };
          overrideScope = g: makeScope newScope (extends g f);
          packages = f;
        };
      in
      self;
    extendMkDerivation =
      {
        constructDrv,
        excludeDrvArgNames ? [ ],
        extendDrvArgs,
        transformDrv ? id,
        ...
      }:
      fpargs:
      transformDrv (
        constructDrv (
          finalAttrs:
          let
            args = toFunction fpargs finalAttrs;
          in
          removeAttrs args excludeDrvArgNames // extendDrvArgs finalAttrs args
        )
      );

    # as packages also spell them
    attrsets = lib;
    customisation = lib;
    fixedPoints = lib;
    lists = lib;
    meta = lib;
    strings = lib;
    trivial = lib;
  };
in
lib
