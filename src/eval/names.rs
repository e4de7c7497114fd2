//! The names of attributes that the language itself uses.

use crate::nix::Symbol;

macro_rules! names {
    ($($field:ident = $name:literal),* $(,)?) => {
        /// The symbols of attributes that the language itself uses.
        pub struct Names {
            $(#[doc = concat!("`", $name, "`")] pub $field: Symbol),*
        }

        impl Names {
            pub(super) fn new() -> Self {
                Self { $($field: Symbol::new($name)),* }
            }
        }
    };
}

names! {
    all = "all",
    args = "args",
    body = "body",
    builder = "builder",
    column = "column",
    drv_attrs = "drvAttrs",
    drv_path = "drvPath",
    file = "file",
    functor = "__functor",
    function_args = "__functionArgs",
    key = "key",
    line = "line",
    name = "name",
    operator = "operator",
    out = "out",
    out_path = "outPath",
    output_name = "outputName",
    outputs = "outputs",
    overrides = "__overrides",
    path = "path",
    right = "right",
    start_set = "startSet",
    success = "success",
    system = "system",
    to_string = "__toString",
    type_ = "type",
    value = "value",
    version = "version",
    wrong = "wrong",
}
