//! The TypeScript side of the api, made from the list of commands and committed. Run with `SLIPWAY_BINDINGS=write` to make it anew.

use slipway_api::wire::*;
use slipway_model::{line::Line, *};
use std::{any::TypeId, collections::BTreeMap, path::PathBuf};
use ts_rs::{Config, TS, TypeVisitor};

/// Declarations by name, each type once.
struct Declarations<'a> {
    config: &'a Config,
    seen: Vec<TypeId>,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if self.seen.contains(&TypeId::of::<T>()) {
            return;
        }
        self.seen.push(TypeId::of::<T>());
        if T::output_path().is_some() {
            self.by_name.insert(
                T::ident(self.config),
                format!("export {}", T::decl(self.config)),
            );
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

macro_rules! bind {
    ($($name:ident($request:ty) -> $answer:ty),* $(,)?) => {
        fn commands(config: &Config, declarations: &mut Declarations<'_>) -> String {
            let mut lines = String::new();
            $(
                declarations.visit::<$request>();
                declarations.visit::<$answer>();
                lines += &format!("  {}: [{}, {}];\n", stringify!($name), <$request as TS>::name(config), <$answer as TS>::name(config));
            )*
            lines
        }
    };
}
slipway_api::window_commands!(bind);

#[test]
fn the_bindings_are_fresh() {
    let config = Config::new().with_large_int("number");
    let mut declarations = Declarations {
        config: &config,
        seen: Vec::new(),
        by_name: BTreeMap::new(),
    };
    let commands = commands(&config, &mut declarations);
    declarations.visit::<Patch>();
    declarations.visit::<OfferedFolder>();
    declarations.visit::<slipway_api::Failure>();
    let types: Vec<_> = declarations
        .by_name
        .into_values()
        .map(|text| {
            text.lines()
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect();
    let made = format!(
        "// Made from Rust by the test `the_bindings_are_fresh`; do not edit.\n\n{}\n\n/** Every command: its request and its answer. */\nexport interface Commands {{\n{commands}}}\n",
        types.join("\n\n")
    );
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/bindings/index.ts");
    if std::env::var("SLIPWAY_BINDINGS").is_ok_and(|v| v == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed.replace("\r\n", "\n") == made,
        "run `SLIPWAY_BINDINGS=write cargo test -p slipway-api --test bindings` and commit ui/src/bindings"
    );
}
